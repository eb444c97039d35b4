import { For, Show } from 'solid-js';
import { SEVERITIES, type SeverityCounts } from '../../api/types';
import { count } from '../number';
import { MARK } from '../Severity';
import { countOf, words } from './series';

/** Counts by severity in little room: a mark and a number for each that there is. */
export function Marks(props: { counts: SeverityCounts }) {
  return (
    <span class="marks" title={words(props.counts)}>
      <span class="visually-hidden">{words(props.counts)}</span>
      <For each={SEVERITIES}>
        {(level) => (
          <Show when={countOf(props.counts, level) > 0}>
            <span aria-hidden="true" class={`tone-${level.toLowerCase()}`}>
              {MARK[level]}&#8239;{count(countOf(props.counts, level))}
            </span>
          </Show>
        )}
      </For>
    </span>
  );
}

/** Which mark and texture is which severity. */
export function Legend() {
  return (
    <ul class="legend">
      <For each={SEVERITIES}>
        {(level) => (
          <li class={`tone-${level.toLowerCase()}`}>
            <span aria-hidden="true">{MARK[level]}</span> {level}
          </li>
        )}
      </For>
    </ul>
  );
}
