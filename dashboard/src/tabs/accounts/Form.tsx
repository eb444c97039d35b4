import { type ParentProps, Show } from 'solid-js';
import { doing } from '../../state/ask';

/**
 * A form that the server is asked by. `done` is told when it did; what was typed is to be forgotten in
 * `forget`, which is called whatever it answered.
 */
export function Form(
  props: ParentProps<{
    deed: string;
    work: () => Promise<unknown>;
    done: () => void;
    forget?: () => void;
  }>,
) {
  const working = doing();
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const done = await working.run(() => props.work());
    props.forget?.();
    if (done) props.done();
  };
  return (
    <form class="stack" onSubmit={submit}>
      {props.children}
      <Show when={working.problem()}>
        {(problem) => (
          <p class="notice" data-tone="bad" role="alert">
            {problem()}
          </p>
        )}
      </Show>
      <div>
        <button type="submit" class="button primary" disabled={working.busy()}>
          {props.deed}
        </button>
      </div>
    </form>
  );
}
