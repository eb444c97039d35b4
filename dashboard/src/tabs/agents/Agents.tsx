import { useSearchParams } from '@solidjs/router';
import { createMemo, createSignal, For, Show } from 'solid-js';
import * as api from '../../api/client';
import type { AgentView } from '../../api/types';
import { ask } from '../../state/ask';
import { kept } from '../../state/kept';
import { useSession } from '../../state/session';
import { Empty, Failed, Loading } from '../../ui/states';
import { AgentCard } from './AgentCard';
import { type Deed, DeedSheet } from './Deeds';
import { arranged, summary } from './order';
import { paces } from './pace';
import './agents.css';

/** What somebody is about to do. */
interface Asking {
  deed: Deed;
  agent: AgentView;
}

/** All agents, a card each, as they are now. */
export default function Agents() {
  const session = useSession();
  const { live } = session;
  // They are pushed when something about them changes: until then they are asked for.
  const first = ask(() => live.agents() === undefined, api.agents);
  const newest = () => live.agents() ?? first.value();
  const agents = kept(newest, 'id');
  const pace = paces(newest);
  const [search, setSearch] = useSearchParams();
  const text = () => String(search.q ?? '');
  const shown = createMemo(() => arranged(agents.list() ?? [], text()));
  const [asking, setAsking] = createSignal<Asking>();
  const act = (agent: AgentView) =>
    session.may('admin') ? (deed: Deed) => setAsking({ deed, agent: { ...agent } }) : undefined;

  return (
    <section class="agents" aria-label="Agents">
      <header class="page-head">
        <h2>Agents</h2>
        <Show when={agents.list()}>
          {(list) => (
            <p class="muted" role="status">
              {summary(list())}
              {live.state() === 'lost' ? ' when the server was last heard' : ''}
            </p>
          )}
        </Show>
        <input
          class="input narrow"
          type="search"
          placeholder="Name, address, system…"
          aria-label="Show only agents that say"
          value={text()}
          onInput={(event) =>
            setSearch({ q: event.currentTarget.value || undefined }, { replace: true })
          }
        />
      </header>
      <Show when={agents.list()} fallback={<Waiting error={first.error()} again={first.again} />}>
        {(list) => (
          <Show
            when={shown().length > 0}
            fallback={<Nobody some={list().length > 0} clear={() => setSearch({ q: undefined })} />}
          >
            <ul class="agent-list">
              <For each={shown()}>
                {(agent) => <AgentCard agent={agent} pace={pace[agent.id]} act={act(agent)} />}
              </For>
            </ul>
          </Show>
        )}
      </Show>
      <Show when={asking()} keyed>
        {(what) => (
          <DeedSheet
            deed={what.deed}
            agent={what.agent}
            done={(agent) => (agent ? agents.put(agent) : agents.drop(what.agent))}
            close={() => setAsking(undefined)}
          />
        )}
      </Show>
    </section>
  );
}

function Waiting(props: { error: unknown; again: () => void }) {
  return (
    <Show when={props.error} fallback={<Loading what="the agents" />}>
      {(error) => <Failed error={error()} retry={props.again} />}
    </Show>
  );
}

function Nobody(props: { some: boolean; clear: () => void }) {
  return (
    <Show
      when={props.some}
      fallback={
        <Empty title="No agent has enrolled yet">
          <p>
            On the server, <code class="mono">sentinel-certs agent NAME</code> makes a bundle for a
            machine. Copy it there, and start{' '}
            <code class="mono">sentinel-agent --config NAME/sentinel_config.json</code>: it shows up
            here by itself.
          </p>
        </Empty>
      }
    >
      <Empty title="No agent says that">
        <button type="button" class="button" onClick={() => props.clear()}>
          Show all
        </button>
      </Empty>
    </Show>
  );
}
