import { A } from '@solidjs/router';
import { createUniqueId, Show } from 'solid-js';
import type { AgentView } from '../../api/types';
import { count } from '../../ui/number';
import { Time } from '../../ui/Time';
import { clip } from '../../ui/text';
import { span } from '../../ui/time';
import { Counters } from './Counters';
import { clockOff } from './clock';
import type { Deed } from './Deeds';
import { Fact } from './Fact';
import { Mark } from './Mark';
import { condition, nameOf } from './order';

/** What hosts may call themselves is bounded here: agents are not all of one mind. */
const NAME_MAX = 80;

/** All about one agent. `act` is there for those who may do something about it. */
export function AgentCard(props: {
  agent: AgentView;
  pace: number | undefined;
  act?: ((deed: Deed) => void) | undefined;
}) {
  const title = createUniqueId();
  return (
    <li class="agent-place">
      <article class="panel agent" data-condition={condition(props.agent)} aria-labelledby={title}>
        <header>
          <h3 id={title} class="wire" title={nameOf(props.agent)}>
            {clip(nameOf(props.agent), NAME_MAX)}
          </h3>
          <Mark of={condition(props.agent)} />
        </header>
        <Heard agent={props.agent} />
        <Clock off={clockOff(props.agent)} />
        <Identity agent={props.agent} />
        <Show
          when={props.agent.heartbeat}
          fallback={
            <p class="muted">
              It never told how it is: it has only sent alerts, as a replayed capture does.
            </p>
          }
        >
          {(heartbeat) => (
            <Counters of={heartbeat()} pace={props.pace} fresh={props.agent.online} />
          )}
        </Show>
        <footer class="row">
          <A class="button" href={`/feed?agent=${encodeURIComponent(props.agent.id)}`}>
            {count(props.agent.alerts)} {props.agent.alerts === 1 ? 'alert' : 'alerts'}{' '}
            <span class="visually-hidden">of {clip(nameOf(props.agent), NAME_MAX)}</span>
          </A>
          <Show when={props.act}>
            {(act) => <Buttons agent={props.agent} act={(deed) => act()(deed)} />}
          </Show>
        </footer>
      </article>
    </li>
  );
}

function Heard(props: { agent: AgentView }) {
  return (
    <p classList={{ muted: condition(props.agent) === 'online' }}>
      <Show
        when={condition(props.agent) === 'online'}
        fallback={
          <>
            {condition(props.agent) === 'offline' ? 'Not heard since' : 'Last heard'}{' '}
            <Time at={props.agent.last_seen} /> (<Time at={props.agent.last_seen} ago />
            ). Its numbers are from before.
          </>
        }
      >
        Heard <Time at={props.agent.last_seen} ago />
      </Show>
    </p>
  );
}

function Clock(props: { off: number | undefined }) {
  return (
    <Show when={props.off}>
      {(off) => (
        <p class="notice" data-tone="bad">
          Its clock is {span(Math.abs(off()))} {off() > 0 ? 'ahead of' : 'behind'} the server’s: the
          times of its alerts are wrong by as much.
        </p>
      )}
    </Show>
  );
}

function Identity(props: { agent: AgentView }) {
  return (
    <dl class="facts">
      <Fact name="Address">
        <span class="wire mono">{props.agent.address}</span>
      </Fact>
      <Fact name="System">
        <span class="wire">{clip(props.agent.os, NAME_MAX) || 'not known'}</span>
      </Fact>
      <Fact name="Version">
        <span class="wire">{clip(props.agent.version, NAME_MAX) || 'not known'}</span>
      </Fact>
      <Fact name="First seen">
        <Time at={props.agent.first_seen} ago />
      </Fact>
      <div class="fact two">
        <dt>Id</dt>
        <dd class="wire mono id">{props.agent.id}</dd>
      </div>
      <Show when={props.agent.certificate}>
        {(name) => (
          <Fact name="Certificate">
            <span class="wire">{clip(name(), NAME_MAX)}</span>
          </Fact>
        )}
      </Show>
    </dl>
  );
}

function Buttons(props: { agent: AgentView; act: (deed: Deed) => void }) {
  const whom = () => <span class="visually-hidden">{clip(nameOf(props.agent), NAME_MAX)}</span>;
  return (
    <>
      <Show
        when={props.agent.revoked}
        fallback={
          <button type="button" class="button danger" onClick={() => props.act('revoke')}>
            Revoke {whom()}
          </button>
        }
      >
        <button type="button" class="button" onClick={() => props.act('restore')}>
          Restore {whom()}
        </button>
      </Show>
      <button type="button" class="button" onClick={() => props.act('forget')}>
        Forget {whom()}
      </button>
    </>
  );
}
