/** How many packets a second an agent judges: between its two latest heartbeats that were seen. */
import { createComputed, untrack } from 'solid-js';
import { createStore } from 'solid-js/store';
import type { AgentView } from '../../api/types';

interface Seen {
  at: number;
  packets: number;
}

/** Packets a second by agent's id; nothing for those of which only one heartbeat was seen. */
export function paces(agents: () => readonly AgentView[] | undefined): Record<string, number> {
  const [pace, setPace] = createStore<Record<string, number>>({});
  const before = new Map<string, Seen>();
  const see = ({ id, heartbeat }: AgentView) => {
    if (!heartbeat) return;
    const now = { at: Date.parse(heartbeat.at), packets: heartbeat.packets };
    const last = before.get(id);
    if (last?.at === now.at || Number.isNaN(now.at)) return;
    before.set(id, now);
    if (!last) return;
    const seconds = (now.at - last.at) / 1000;
    // Counters that fell, or a clock that went back: the agent started anew.
    const rate = (now.packets - last.packets) / seconds;
    setPace(id, seconds > 0 && rate >= 0 ? rate : (undefined as never));
  };
  createComputed(() => {
    const list = agents();
    untrack(() => list?.forEach(see));
  });
  return pace;
}
