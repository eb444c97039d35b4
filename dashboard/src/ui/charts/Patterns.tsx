import { For } from 'solid-js';
import { SEVERITIES, type Severity } from '../../api/types';

/** What is drawn over each colour, so that areas differ without it. The worst is solid. */
const STROKES: Record<Severity, string> = {
  CRITICAL: '',
  HIGH: 'M-2 2 l4 -4 M0 8 l8 -8 M6 10 l4 -4',
  MEDIUM: 'M0 2 h8 M0 6 h8',
  LOW: 'M2 2 h1.6 M6 6 h1.6',
};

/** The fill of a severity; the drawing must hold {@link Patterns} with the same `id`. */
export const fillOf = (id: string, level: Severity): string => `url(#${id}-${level})`;

/** Fills that tell severities apart by their colour and by their texture. */
export function Patterns(props: { id: string }) {
  return (
    <defs>
      <For each={SEVERITIES}>
        {(level) => (
          <pattern
            id={`${props.id}-${level}`}
            width="8"
            height="8"
            patternUnits="userSpaceOnUse"
            class={`texture tone-${level.toLowerCase()}`}
          >
            <rect width="8" height="8" fill="currentColor" />
            <path d={STROKES[level]} />
          </pattern>
        )}
      </For>
    </defs>
  );
}
