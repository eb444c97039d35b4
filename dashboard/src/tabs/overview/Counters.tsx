import { A } from '@solidjs/router';
import { For, Show } from 'solid-js';
import { SEVERITIES, type Stats } from '../../api/types';
import { Card } from '../../ui/charts/Card';
import { countOf } from '../../ui/charts/series';
import { count, short } from '../../ui/number';
import { MARK } from '../../ui/Severity';
import { Loading } from '../../ui/states';

/** From here on a number is told in short. */
const LONG = 100_000;

/** How many alerts there are, and how many of them nobody has looked at. */
export function Counters(props: { stats: Stats | undefined; stale: string | undefined }) {
  return (
    <Card title="Not acknowledged" area="counters" stale={props.stale}>
      <Show when={props.stats} fallback={<Loading what="the counters" />}>
        {(stats) => (
          <ul class="counters">
            <For each={SEVERITIES}>
              {(level) => {
                const open = () => countOf(stats().unacknowledged, level);
                const all = () => countOf(stats().alerts, level);
                return (
                  <li>
                    <A
                      class="counter"
                      href={`/feed?severity=${level.toLowerCase()}`}
                      data-severity={level}
                      data-some={open() > 0}
                      title={`${count(open())} of ${count(all())} ${level} not acknowledged`}
                    >
                      <span class={`name tone-${level.toLowerCase()}`}>
                        <span aria-hidden="true">{MARK[level]}</span> {level}
                      </span>
                      <strong>{open() < LONG ? count(open()) : short(open())}</strong>
                      <span class="muted">
                        of {all() < LONG ? count(all()) : short(all())} kept
                      </span>
                    </A>
                  </li>
                );
              }}
            </For>
          </ul>
        )}
      </Show>
    </Card>
  );
}
