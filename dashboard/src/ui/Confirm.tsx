import { type ParentProps, Show } from 'solid-js';
import { doing } from '../state/ask';
import { Sheet } from './Sheet';

/**
 * Asks before something is done that others notice; its children say what it does. Stays, with the
 * reason, when it can not be done.
 */
export function Confirm(
  props: ParentProps<{
    title: string;
    /** What the button says: the deed, not `OK`. */
    deed: string;
    /** Whether something is taken away. */
    danger?: boolean;
    work: () => Promise<unknown>;
    close: () => void;
  }>,
) {
  const working = doing();
  const go = async () => {
    if (await working.run(() => props.work())) props.close();
  };
  return (
    <Sheet title={props.title} close={props.close}>
      <div class="stack">
        {props.children}
        <Show when={working.problem()}>
          {(problem) => (
            <p class="notice" data-tone="bad" role="alert">
              {problem()}
            </p>
          )}
        </Show>
        <div class="row">
          <button
            type="button"
            class="button"
            classList={{ danger: props.danger === true, primary: props.danger !== true }}
            disabled={working.busy()}
            onClick={() => void go()}
          >
            {props.deed}
          </button>
          <button type="button" class="button" onClick={() => props.close()}>
            Cancel
          </button>
        </div>
      </div>
    </Sheet>
  );
}
