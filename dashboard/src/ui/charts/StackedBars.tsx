import { createUniqueId, Index } from 'solid-js';
import { fillOf, Patterns } from './Patterns';
import { Plot } from './Plot';
import { ceiling, stack, sum, total, words } from './series';
import type { Slot } from './slots';

/** A bar for each slot, stacked by severity. */
export function StackedBars(props: { label: string; unit: string; slots: readonly Slot[] }) {
  const id = createUniqueId();
  const top = () => ceiling(Math.max(0, ...props.slots.map((slot) => total(slot.counts))));
  const wide = () => 100 / Math.max(1, props.slots.length);
  return (
    <Plot label={props.label} unit={props.unit} slots={props.slots} top={top()}>
      <svg class="canvas" role="img" aria-label={`${props.label}: ${told(props.slots)}`}>
        <Patterns id={id} />
        <Index each={props.slots}>
          {(slot, index) => (
            <Index each={stack(slot().counts)}>
              {(piece) => (
                <rect
                  x={`${(index + 0.12) * wide()}%`}
                  width={`${0.76 * wide()}%`}
                  y={`${100 - ((piece().from + piece().size) / top()) * 100}%`}
                  height={`${(piece().size / top()) * 100}%`}
                  fill={fillOf(id, piece().level)}
                />
              )}
            </Index>
          )}
        </Index>
      </svg>
    </Plot>
  );
}

/** What a chart over time shows, in words. */
export function told(slots: readonly Slot[]): string {
  const all = sum(slots.map((slot) => slot.counts));
  if (total(all) === 0) return 'no alerts';
  const most = Math.max(...slots.map((slot) => total(slot.counts)));
  return `${words(all)}; at most ${most} at a time`;
}
