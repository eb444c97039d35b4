import { A } from '@solidjs/router';
import { For, Show } from 'solid-js';
import * as api from '../../api/client';
import type { StoredAlert } from '../../api/types';
import { ask } from '../../state/ask';
import { Severity } from '../../ui/Severity';
import { Failed } from '../../ui/states';
import { Time } from '../../ui/Time';
import { feedHref } from './address';

/** Related alerts that are shown. */
const SHOWN = 10;
/** How far back they may lie. */
const SINCE = '24h';

/** Other alerts of the same source. */
export function Related(props: { stored: StoredAlert; open: (position: number) => void }) {
  // Its address, or its hardware address where it has none: what lists know a source by.
  const source = () => props.stored.alert.source.ip ?? props.stored.alert.source.mac ?? '';
  const asked = ask(source, (of) => api.alerts({ source: of, since: SINCE, limit: SHOWN + 1 }));
  const others = () =>
    asked
      .value()
      ?.alerts.filter((one) => one.position !== props.stored.position)
      .slice(0, SHOWN);
  return (
    <Show when={source() !== ''}>
      <section class="detail-part">
        <h3>The same source in the last 24 hours</h3>
        <Show when={asked.error()}>
          {(error) => <Failed error={error()} retry={asked.again} />}
        </Show>
        <Show when={others()?.length === 0}>
          <p class="muted">Nothing else.</p>
        </Show>
        <ul class="detail-list">
          <For each={others()}>
            {(one) => (
              <li>
                <button type="button" class="related" onClick={() => props.open(one.position)}>
                  <Severity level={one.alert.severity} />
                  <span class="muted">
                    <Time at={one.alert.timestamp} />
                  </span>
                  <span class="wire">{one.alert.message.slice(0, 300)}</span>
                </button>
              </li>
            )}
          </For>
        </ul>
        <A href={feedHref({ source: source() })}>All from this source</A>
      </section>
    </Show>
  );
}
