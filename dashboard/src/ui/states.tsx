/** What is shown instead of data. */
import { type JSX, type ParentProps, Show } from 'solid-js';
import { told } from '../api/problem';

/** Nothing is there, which may be good. */
export function Empty(props: ParentProps<{ title: string }>) {
  return (
    <div class="empty">
      <strong>{props.title}</strong>
      <Show when={props.children}>
        <span>{props.children}</span>
      </Show>
    </div>
  );
}

/** It could not be loaded. */
export function Failed(props: { error: unknown; retry?: () => void }) {
  return (
    <div class="notice" data-tone="bad" role="alert">
      <p>{told(props.error)}</p>
      <Show when={props.retry}>
        {(retry) => (
          <button type="button" class="button" onClick={() => retry()()}>
            Try again
          </button>
        )}
      </Show>
    </div>
  );
}

/** It is being loaded. */
export function Loading(props: { what: string }): JSX.Element {
  return (
    <p class="muted" role="status">
      Loading {props.what}…
    </p>
  );
}
