/** Which agents are shown, and in what order. */
import type { AgentView } from '../../api/types';
import { watches } from '../../state/watch';

export type Condition = 'offline' | 'online' | 'replayed' | 'revoked';

/** Offline agents need somebody, so they come first; nobody waits for a replay that is over or what is revoked. */
const ORDER: readonly Condition[] = ['offline', 'online', 'replayed', 'revoked'];

const byName = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

export function condition(agent: AgentView): Condition {
  if (agent.revoked) return 'revoked';
  if (agent.online) return 'online';
  return watches(agent) ? 'offline' : 'replayed';
}

/** What people call it. */
export const nameOf = (agent: AgentView): string => agent.hostname || agent.id;

/** Those that say `text` anywhere, the ones that need somebody first, then by name. */
export function arranged(agents: readonly AgentView[], text: string): AgentView[] {
  const wanted = text.trim().toLowerCase();
  return agents
    .filter((agent) => says(agent, wanted))
    .sort(
      (a, b) =>
        ORDER.indexOf(condition(a)) - ORDER.indexOf(condition(b)) ||
        byName.compare(nameOf(a), nameOf(b)) ||
        byName.compare(a.id, b.id),
    );
}

function says(agent: AgentView, wanted: string): boolean {
  if (wanted === '') return true;
  const { hostname, id, address, os, version, certificate } = agent;
  const fields = [hostname, id, address, os, version, certificate ?? '', condition(agent)];
  return fields.some((field) => field.toLowerCase().includes(wanted));
}

/** `2 of 3 online`, and what else there is to say. */
export function summary(agents: readonly AgentView[]): string {
  const of = (which: Condition) => agents.filter((agent) => condition(agent) === which).length;
  const told = [`${of('online')} of ${of('online') + of('offline')} online`];
  for (const which of ['replayed', 'revoked'] as const) {
    if (of(which) > 0) told.push(`${of(which)} ${which}`);
  }
  return told.join(', ');
}
