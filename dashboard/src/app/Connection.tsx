import { A } from '@solidjs/router';
import { For, Match, Show, Switch } from 'solid-js';
import { useSession } from '../state/session';
import { silent } from '../state/watch';
import { plural } from '../ui/number';
import { now, Time } from '../ui/Time';
import { clip } from '../ui/text';
import { span } from '../ui/time';

/** Longest list of lost agents in the banner. */
const NAMED_MAX = 3;
/** Longest name there. */
const NAME_MAX = 40;

/** Whether what is shown is what is; a banner when it is not, or when agents are silent. */
export function Connection() {
  const { live } = useSession();
  const lost = () => silent(live.agents() ?? []);
  return (
    <>
      <span class="connection" data-state={live.state()} role="status">
        <span aria-hidden="true" class="dot" />
        <Switch>
          <Match when={live.state() === 'live'}>Live</Match>
          <Match when={live.state() === 'connecting'}>Connecting…</Match>
          <Match when={live.state() === 'lost'}>Connection lost</Match>
        </Switch>
      </span>
      <Show when={live.state() === 'lost'}>
        <div class="banner" data-tone="bad">
          {/* Only what does not tick is announced: once, not every ten seconds. */}
          <strong role="alert">The server does not answer</strong>, for{' '}
          {span(Math.max(0, now() - live.since()) / 1000)} now. What you see is as it was at{' '}
          <Time at={new Date(live.since()).toISOString()} />; it is caught up as soon as the server
          answers.
        </div>
      </Show>
      <Show when={live.state() === 'live' && lost().length > 0}>
        <div class="banner" data-tone="warn">
          <A href="/agents">
            <strong role="status">{plural(lost().length, 'agent')} not heard lately</strong>
          </A>
          <span class="names">
            , so nothing is watched there:{' '}
            <For each={lost().slice(0, NAMED_MAX)}>
              {(agent, index) => (
                <>
                  {index() > 0 ? ', ' : ''}
                  <span class="wire">{clip(agent.hostname || agent.id, NAME_MAX)}</span> (
                  <Time at={agent.last_seen} ago />)
                </>
              )}
            </For>
            {lost().length > NAMED_MAX ? ` and ${lost().length - NAMED_MAX} more` : ''}
          </span>
        </div>
      </Show>
    </>
  );
}
