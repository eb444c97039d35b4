import { useLocation } from '@solidjs/router';
import { createMemo, Match, Show, Switch } from 'solid-js';
import * as api from '../../api/client';
import type { CategoryCount, MinuteCounts, SourceCount } from '../../api/types';
import { keep } from '../../state/keep';
import { useSession } from '../../state/session';
import { sum, total } from '../../ui/charts/series';
import { Failed, Loading } from '../../ui/states';
import { shortTime } from '../../ui/time';
import { Choice } from './Choice';
import { Figures } from './Figures';
import { type Range, rangeOf } from './ranges';
import './analytics.css';

const EVERY_MS = 30_000;
const SOURCES = 10;

/** What was asked for together: all of it is about the same range. */
export interface Known {
  range: Range;
  timeline: MinuteCounts[];
  sources: SourceCount[];
  categories: CategoryCount[];
}

async function load(range: Range): Promise<Known> {
  const [timeline, sources, categories] = await Promise.all([
    api.timeline(range.minutes),
    api.sources(range.since, SOURCES),
    api.categories(range.since),
  ]);
  return { range, timeline, sources, categories };
}

/** What happened over a range of time. */
export default function Analytics() {
  const location = useLocation();
  const { live } = useSession();
  const range = createMemo(() => rangeOf(location.search));
  const known = keep(range, load, { every: EVERY_MS, live });
  const at = () => shortTime(new Date(known.at()).toISOString());
  const stale = () => {
    const value = known.value();
    if (known.error()) return `stale: as of ${at()}`;
    return value && value.range !== range() ? `still the last ${value.range.name}` : undefined;
  };
  return (
    <>
      <div class="row analytics-bar">
        <Choice current={range()} />
        <button
          type="button"
          class="button"
          onClick={() => known.again()}
          disabled={known.loading()}
        >
          Refresh
        </button>
        <Show when={known.value()}>
          {(value) => (
            <span class="muted">
              {total(sum(value().categories.map((one) => one.alerts))).toLocaleString('en')} alerts
              in the last {value().range.name}, as of {at()}
            </span>
          )}
        </Show>
      </div>
      <Show when={known.error()}>{(error) => <Failed error={error()} retry={known.again} />}</Show>
      <Switch>
        <Match when={known.value()}>
          {(value) => <Figures known={value()} stale={stale()} busy={known.loading()} />}
        </Match>
        <Match when={known.loading()}>
          <Loading what="the figures" />
        </Match>
      </Switch>
    </>
  );
}
