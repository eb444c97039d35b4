import { A } from '@solidjs/router';
import { For, Match, Show, Switch } from 'solid-js';
import type { Endpoint, StoredAlert } from '../../api/types';
import { useSession } from '../../state/session';
import { Card } from '../../ui/charts/Card';
import { Severity } from '../../ui/Severity';
import { Empty, Failed, Loading } from '../../ui/states';
import { Time } from '../../ui/Time';
import { followLatest, SHOWN } from './latest';

/** Letters of a message that are shown; whoever wants all of it opens the alert. */
const MESSAGE_MAX = 240;

/** The latest CRITICAL and HIGH alerts. */
export function Latest(props: { stale: string | undefined }) {
  const { live } = useSession();
  const latest = followLatest(live);
  return (
    <Card
      title="Latest CRITICAL and HIGH"
      area="latest"
      stale={props.stale}
      aside={<A href="/feed?severity=critical,high">See all</A>}
    >
      <Switch>
        <Match when={latest.alerts()?.length === 0}>
          <Empty title="None">Neither CRITICAL nor HIGH alerts are kept.</Empty>
        </Match>
        <Match when={latest.alerts()}>
          {(alerts) => (
            <ol class="latest">
              <For each={alerts().slice(0, SHOWN)}>{(stored) => <Row stored={stored} />}</For>
            </ol>
          )}
        </Match>
        <Match when={latest.error()}>
          {(error) => <Failed error={error()} retry={latest.again} />}
        </Match>
        <Match when={true}>
          <Loading what="the latest alerts" />
        </Match>
      </Switch>
    </Card>
  );
}

function Row(props: { stored: StoredAlert }) {
  const alert = () => props.stored.alert;
  return (
    <li>
      <A
        class="latest-row"
        href={`/feed?alert=${props.stored.position}`}
        data-severity={alert().severity}
      >
        <span class="row">
          <Severity level={alert().severity} />
          <strong class="wire">{alert().category}</strong>
          <span class="muted when">
            <Time at={alert().timestamp} ago />
          </span>
        </span>
        <span class="message wire">{alert().message.slice(0, MESSAGE_MAX)}</span>
        <span class="muted between">
          <span class="wire">{name(alert().source)}</span>
          <span aria-hidden="true"> → </span>
          <span class="visually-hidden"> to </span>
          <span class="wire">{name(alert().target)}</span>
          <Show when={props.stored.acknowledged_by}>
            {(who) => (
              <>
                {' '}
                · acknowledged by <span class="wire">{who()}</span>
              </>
            )}
          </Show>
        </span>
      </A>
    </li>
  );
}

const name = (end: Endpoint): string => end.ip ?? end.mac ?? 'unknown';
