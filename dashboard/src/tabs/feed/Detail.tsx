import { createEffect, createSignal, Match, on, onCleanup, Show, Switch } from 'solid-js';
import * as api from '../../api/client';
import type { StoredAlert } from '../../api/types';
import { ask } from '../../state/ask';
import { useSession } from '../../state/session';
import { Severity } from '../../ui/Severity';
import { Sheet } from '../../ui/Sheet';
import { Failed, Loading } from '../../ui/states';
import { Time } from '../../ui/Time';
import { SuppressForm } from '../suppressions/SuppressForm';
import { Actions } from './Actions';
import { Comments } from './Comments';
import { Evidence } from './Evidence';
import { Circumstances, Reputation, Techniques } from './Facts';
import { Related } from './Related';
import './detail.css';

/** Everything about one alert, kept up to date while it is open. */
export function Detail(props: {
  position: number;
  open: (position: number) => void;
  close: () => void;
}) {
  const { live } = useSession();
  const asked = ask(
    () => ({ position: props.position }),
    ({ position }) => api.alert(position),
  );
  const [pushed, setPushed] = createSignal<StoredAlert>();
  const [suppressing, setSuppressing] = createSignal(false);
  createEffect(
    on(
      () => props.position,
      () => setSuppressing(false),
      { defer: true },
    ),
  );
  onCleanup(
    live.listen({
      batch({ alerts }) {
        const mine = alerts.findLast((one) => one.position === props.position);
        if (mine && mine.revision > (stored()?.revision ?? -1)) setPushed(mine);
      },
      reset: asked.again,
    }),
  );
  const stored = () => {
    const fetched = asked.value();
    const later = pushed();
    if (fetched?.position !== props.position) return undefined;
    return later?.position === props.position && later.revision > fetched.revision
      ? later
      : fetched;
  };

  const title = () =>
    suppressing() ? 'Suppress alerts like this one' : (stored()?.alert.category ?? 'Alert');

  return (
    <Sheet title={title()} close={props.close}>
      <Switch>
        <Match when={asked.error()}>
          {(error) => <Failed error={error()} retry={asked.again} />}
        </Match>
        <Match when={!stored()}>
          <Loading what="the alert" />
        </Match>
        <Match when={suppressing() && stored()}>
          {(shown) => (
            <SuppressForm
              alert={shown().alert}
              done={() => {
                setSuppressing(false);
                void live.catchUp().catch(() => undefined);
              }}
              cancel={() => setSuppressing(false)}
            />
          )}
        </Match>
        <Match when={stored()}>
          {(shown) => (
            <article class="detail">
              <Head stored={shown()} />
              <Actions stored={shown()} suppress={() => setSuppressing(true)} />
              <Evidence alert={shown().alert} />
              <Reputation note={shown().alert.reputation} />
              <Techniques list={shown().alert.attack} />
              <Circumstances stored={shown()} />
              <Comments position={shown().position} count={shown().comments} />
              <Related stored={shown()} open={props.open} />
            </article>
          )}
        </Match>
      </Switch>
    </Sheet>
  );
}

/** How bad, what, when, and what was done about it. */
function Head(props: { stored: StoredAlert }) {
  const alert = () => props.stored.alert;
  return (
    <header class="stack">
      <p class="row">
        <Severity level={alert().severity} />
        <Show when={alert().severity !== alert().base_severity}>
          <span class="muted">{alert().base_severity} without reputation</span>
        </Show>
        <span>
          <Time at={alert().timestamp} />
        </span>
        <span class="muted">
          <Time at={alert().timestamp} ago />
        </span>
      </p>
      <p class="detail-message wire">{alert().message}</p>
      <p class="row detail-states">
        <Show when={props.stored.acknowledged_by}>
          {(by) => (
            <span class="state">
              <span aria-hidden="true">✓ </span>Acknowledged by <span class="wire">{by()}</span>
              <Show when={props.stored.acknowledged_at}>
                {(at) => (
                  <>
                    {' '}
                    <Time at={at()} ago />
                  </>
                )}
              </Show>
            </span>
          )}
        </Show>
        <Show when={props.stored.archived}>
          <span class="state">Archived</span>
        </Show>
        <Show when={props.stored.suppressed_by !== null}>
          <span class="state">
            <span aria-hidden="true">⊘ </span>Suppressed by rule {props.stored.suppressed_by}
          </span>
        </Show>
      </p>
    </header>
  );
}
