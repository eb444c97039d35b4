import { useNavigate } from '@solidjs/router';
import { For } from 'solid-js';
import { RANGES, type Range } from './ranges';

/** The choice of a range. */
export function Choice(props: { current: Range }) {
  const navigate = useNavigate();
  return (
    // biome-ignore lint/a11y/useSemanticElements: the border of a fieldset says nothing here
    <div class="row" role="group" aria-label="Range of time">
      <For each={RANGES}>
        {(range) => (
          <button
            type="button"
            class="button"
            aria-pressed={range === props.current}
            onClick={() => navigate(`/analytics?range=${range.since}`)}
          >
            {range.name}
          </button>
        )}
      </For>
    </div>
  );
}
