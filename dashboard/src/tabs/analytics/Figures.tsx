import { createMemo, Show } from 'solid-js';
import type { Severity } from '../../api/types';
import { EVERYTHING, type Filter, toSearch } from '../../state/filter';
import { Area } from '../../ui/charts/Area';
import { Card } from '../../ui/charts/Card';
import { Donut } from '../../ui/charts/Donut';
import { HBars } from '../../ui/charts/HBars';
import { sum, total } from '../../ui/charts/series';
import { slots } from '../../ui/charts/slots';
import { Empty } from '../../ui/states';
import type { Known } from './Analytics';
import { isCut } from './ranges';

/** The charts of one range. */
export function Figures(props: { known: Known; stale: string | undefined; busy: boolean }) {
  const range = () => props.known.range;
  const counts = createMemo(() => sum(props.known.categories.map((one) => one.alerts)));
  const points = createMemo(() => slots(props.known.timeline, range().step));
  const feed = (filter: Partial<Filter>) =>
    `/feed${toSearch({ ...EVERYTHING, since: range().since, ...filter })}`;
  const bySeverity = (level: Severity) => feed({ severity: [level] });
  const sources = createMemo(() =>
    props.known.sources.map((one) => ({
      name: one.source,
      note: one.internal === null ? undefined : one.internal ? 'internal' : 'external',
      counts: one.alerts,
      href: feed({ source: one.source }),
    })),
  );
  const categories = createMemo(() =>
    props.known.categories.map((one) => ({
      name: one.category,
      counts: one.alerts,
      href: feed({ detector: [one.detector] }),
    })),
  );
  return (
    <div class="analytics" aria-busy={props.busy}>
      <Card title="Alerts a minute" area="rate" stale={props.stale}>
        <Show when={isCut(range())}>
          <p class="notice">
            Minutes are told for one day at most, so this chart shows the last 24 hours; all others
            show {range().name}.
          </p>
        </Show>
        <Area
          label={`Alerts a minute, the last ${isCut(range()) ? '24 hours' : range().name}`}
          slots={points()}
        />
      </Card>
      <Card title="By severity" area="severity" stale={props.stale}>
        <Show when={total(counts()) > 0} fallback={<Calm range={range().name} />}>
          <Donut counts={counts()} link={bySeverity} />
        </Show>
      </Card>
      <Card title="Top sources" area="sources" stale={props.stale}>
        <Show when={sources().length > 0} fallback={<Calm range={range().name} />}>
          <HBars label="Alerts by source" bars={sources()} />
        </Show>
      </Card>
      <Card title="By category" area="kinds" stale={props.stale}>
        <Show when={categories().length > 0} fallback={<Calm range={range().name} />}>
          <HBars label="Alerts by category" bars={categories()} />
        </Show>
      </Card>
    </div>
  );
}

function Calm(props: { range: string }) {
  return <Empty title={`No alerts in the last ${props.range}`} />;
}
