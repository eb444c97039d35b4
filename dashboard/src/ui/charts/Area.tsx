import { createUniqueId, Index } from 'solid-js';
import { SEVERITIES } from '../../api/types';
import { measured } from './measured';
import { fillOf, Patterns } from './Patterns';
import { Plot } from './Plot';
import { told } from './StackedBars';
import { ceiling, stack, total } from './series';
import type { Slot } from './slots';

/** Alerts a minute as areas, stacked by severity. */
export function Area(props: { label: string; slots: readonly Slot[] }) {
  const id = createUniqueId();
  const size = measured(600, 160);
  const rate = (slot: Slot) => total(slot.counts) / slot.minutes;
  const top = () => ceiling(Math.max(0, ...props.slots.map(rate)), 0.2);

  const unit = () => {
    const step = props.slots.at(-1)?.minutes ?? 1;
    return `alerts a minute${step > 1 ? `; each point is the mean of ${step} minutes` : ''}`;
  };

  /** The edge of a severity's area, from left to right: its lower or its upper one. */
  const edge = (level: number, upper: boolean): string[] => {
    const wide = size.width() / Math.max(1, props.slots.length);
    return props.slots.map((slot, index) => {
      const piece = stack(slot.counts)[level];
      const at = (piece?.from ?? 0) + (upper ? (piece?.size ?? 0) : 0);
      const y = size.height() * (1 - at / slot.minutes / top());
      return `${((index + 0.5) * wide).toFixed(1)} ${y.toFixed(1)}`;
    });
  };
  const area = (level: number): string => {
    const upper = edge(level, true);
    if (upper.length === 0) return '';
    return `M${upper.join('L')}L${edge(level, false).reverse().join('L')}Z`;
  };
  /** The upper edge, only where there is something below it. */
  const line = (level: number): string => {
    const sizes = props.slots.map((slot) => stack(slot.counts)[level]?.size ?? 0);
    return edge(level, true)
      .map((point, index) => {
        const drawn = index > 0 && ((sizes[index - 1] ?? 0) > 0 || (sizes[index] ?? 0) > 0);
        return `${drawn ? 'L' : 'M'}${point}`;
      })
      .join('');
  };
  const some = (level: number) =>
    props.slots.some((slot) => (stack(slot.counts)[level]?.size ?? 0) > 0);

  return (
    <Plot label={props.label} unit={unit()} slots={props.slots} top={top()}>
      <svg
        class="canvas"
        role="img"
        aria-label={`${props.label}: ${told(props.slots)}`}
        ref={size.ref}
      >
        <Patterns id={id} />
        <Index each={SEVERITIES}>
          {(level, index) => (
            <g class={`tone-${level().toLowerCase()}`} data-some={some(index)}>
              <path class="area" d={area(index)} fill={fillOf(id, level())} />
              <path class="edge" d={line(index)} />
            </g>
          )}
        </Index>
      </svg>
    </Plot>
  );
}
