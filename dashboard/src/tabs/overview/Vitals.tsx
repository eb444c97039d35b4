import { A } from '@solidjs/router';
import { type ParentProps, Show } from 'solid-js';
import type { AgentView, MinuteCounts } from '../../api/types';
import { LOSS_ALARM } from '../../state/loss';
import { watches } from '../../state/watch';
import { Card } from '../../ui/charts/Card';
import { sum, total } from '../../ui/charts/series';
import { count, percent, plural } from '../../ui/number';
import { Loading } from '../../ui/states';
import { now } from '../../ui/Time';
import { losses } from './loss';
import { perMinute } from './rate';

/** Whether anybody watches, whether they see all of it, and how much happens. */
export function Vitals(props: {
  agents: AgentView[] | undefined;
  timeline: MinuteCounts[] | undefined;
  stale: string | undefined;
}) {
  return (
    <Card title="Sensors" area="vitals" stale={props.stale}>
      <dl class="vitals">
        <Show when={props.agents} fallback={<Loading what="the agents" />}>
          {(agents) => (
            <>
              <Online agents={agents()} />
              <PacketLoss agents={agents()} />
            </>
          )}
        </Show>
        <Show when={props.timeline}>
          {(timeline) => (
            <Vital name="Alerts per minute" value={one(perMinute(timeline(), now()))}>
              {one(total(sum(timeline().map((minute) => minute.alerts))) / 60)} a minute over the
              hour
            </Vital>
          )}
        </Show>
      </dl>
    </Card>
  );
}

function Vital(props: ParentProps<{ name: string; value: string; tone?: string; hint?: string }>) {
  return (
    <div class="vital" title={props.hint}>
      <dt>{props.name}</dt>
      <dd class={`value ${props.tone ?? ''}`}>{props.value}</dd>
      <dd class="muted">{props.children}</dd>
    </div>
  );
}

function Online(props: { agents: AgentView[] }) {
  const expected = () => props.agents.filter((agent) => !agent.revoked && watches(agent));
  const online = () => expected().filter((agent) => agent.online).length;
  const silent = () => expected().length - online();
  return (
    <Vital
      name="Agents online"
      value={`${count(online())} of ${count(expected().length)}`}
      tone={silent() > 0 ? 'tone-high' : ''}
    >
      <Show when={expected().length > 0} fallback="None has enrolled yet. ">
        {silent() === 0 ? 'All are heard. ' : `${plural(silent(), 'agent')} not heard. `}
      </Show>
      <A href="/agents">Agents</A>
    </Vital>
  );
}

function PacketLoss(props: { agents: AgentView[] }) {
  const loss = () => losses(props.agents);
  return (
    <Vital
      name="Packet loss"
      value={loss().received > 0 ? percent(loss().share) : '–'}
      tone={loss().share > LOSS_ALARM ? 'tone-high' : ''}
      hint={`${count(loss().lost)} packets lost of ${count(loss().received)}, by kernel, interface or agent, since each agent’s start`}
    >
      <Show when={loss().received > 0} fallback="No agent online captures now.">
        <Show when={loss().worst} fallback="Nothing lost">
          {(worst) => (
            <>
              Most at{' '}
              <span class="wire">{(worst().agent.hostname || worst().agent.id).slice(0, 80)}</span>,{' '}
              {percent(worst().share)}
            </>
          )}
        </Show>
        {', since the agents’ start.'}
      </Show>
    </Vital>
  );
}

/** `0`, `0.4`, `12`, `1,234`. */
const one = (number: number): string =>
  number < 10 ? String(Number(number.toFixed(1))) : count(Math.round(number));
