import { Index } from 'solid-js';
import { point, sector } from './arc';
import './shapes.css';

/** The gauge goes from the left to the right over the top: half a turn. */
const turn = (part: number): number => -0.25 + part * 0.5;
/** Of each segment this much stays empty, as a part of the whole. */
const GAP = 0.006;

/**
 * A half ring of equal segments with a hand.
 *
 * @param props.steps a name for each segment, for its colour
 * @param props.current which segment it stands in
 * @param props.part where the hand stands, from 0 to 1
 */
export function Gauge(props: {
  label: string;
  /** Told on hover. */
  hint: string;
  steps: readonly string[];
  current: number;
  part: number;
}) {
  const wide = () => 1 / props.steps.length;
  const hand = () => {
    const at = (radius: number) => point(110, 108, radius, turn(props.part)).join(' ');
    return `M${at(58)}L${at(100)}`;
  };
  return (
    <svg class="gauge" viewBox="0 0 220 118" role="img" aria-label={props.label}>
      <title>{props.hint}</title>
      <Index each={props.steps}>
        {(step, index) => (
          <path
            class="segment"
            data-step={step()}
            data-at={index === props.current ? 'here' : index < props.current ? 'below' : 'above'}
            d={sector(
              110,
              108,
              [72, 94],
              turn(index * wide() + GAP),
              turn((index + 1) * wide() - GAP),
            )}
          />
        )}
      </Index>
      <path class="hand" d={hand()} />
    </svg>
  );
}
