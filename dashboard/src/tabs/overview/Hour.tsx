import { createMemo, Show } from 'solid-js';
import type { MinuteCounts } from '../../api/types';
import { Card } from '../../ui/charts/Card';
import { StackedBars } from '../../ui/charts/StackedBars';
import { slots } from '../../ui/charts/slots';
import { Loading } from '../../ui/states';

/** The last hour, minute by minute. */
export function Hour(props: { timeline: MinuteCounts[] | undefined; stale: string | undefined }) {
  const minutes = createMemo(() => props.timeline && slots(props.timeline, 1));
  return (
    <Card title="Last 60 minutes" area="hour" stale={props.stale}>
      <Show when={minutes()} fallback={<Loading what="the timeline" />}>
        {(minutes) => (
          <StackedBars
            label="Alerts of the last 60 minutes"
            unit="alerts in each minute"
            slots={minutes()}
          />
        )}
      </Show>
    </Card>
  );
}
