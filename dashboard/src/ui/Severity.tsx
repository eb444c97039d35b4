import type { Severity as Level } from '../api/types';

/** A shape beside the word, so that neither colour nor reading is needed to tell severities apart. */
export const MARK: Record<Level, string> = { CRITICAL: '◆', HIGH: '▲', MEDIUM: '■', LOW: '●' };

/** How bad, as a badge. */
export function Severity(props: { level: Level }) {
  return (
    <span class="severity" data-severity={props.level}>
      <span aria-hidden="true">{MARK[props.level]}</span>
      {props.level}
    </span>
  );
}
