import { createSignal, For, Show } from 'solid-js';
import * as api from '../../api/client';
import { ask, doing } from '../../state/ask';
import { useSession } from '../../state/session';
import { Failed } from '../../ui/states';
import { Time } from '../../ui/Time';

/** Characters of a comment at most; the server takes no more. */
const TEXT_MAX = 4096;

/** What people wrote about the alert, and a field to write more. */
export function Comments(props: { position: number; count: number }) {
  const session = useSession();
  const asked = ask(
    () => ({ position: props.position, count: props.count }),
    ({ position }) => api.comments(position),
  );
  return (
    <section class="detail-part">
      <h3>Comments</h3>
      <Show when={asked.error()}>{(error) => <Failed error={error()} retry={asked.again} />}</Show>
      <Show when={asked.value()?.length === 0}>
        <p class="muted">None yet.</p>
      </Show>
      <ul class="detail-list">
        <For each={asked.value()}>
          {(comment) => (
            <li>
              <p class="muted">
                <strong class="wire">{comment.author}</strong>, <Time at={comment.at} />
              </p>
              <p class="detail-comment wire">{comment.text}</p>
            </li>
          )}
        </For>
      </ul>
      <Show when={session.may('analyst')}>
        <Write position={props.position} written={asked.again} />
      </Show>
    </section>
  );
}

function Write(props: { position: number; written: () => void }) {
  const { live } = useSession();
  const [text, setText] = createSignal('');
  const work = doing();
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const done = await work.run(async () => {
      await api.comment(props.position, text());
    });
    if (!done) return;
    setText('');
    props.written();
    await live.catchUp().catch(() => undefined);
  };
  return (
    <form class="stack" onSubmit={submit}>
      <label class="field">
        <span>Your comment</span>
        <textarea
          class="input"
          required
          maxlength={TEXT_MAX}
          value={text()}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <Show when={work.problem()}>
        {(problem) => (
          <p class="notice" data-tone="bad" role="alert">
            {problem()}
          </p>
        )}
      </Show>
      <div class="row">
        <button type="submit" class="button" disabled={work.busy() || text().trim() === ''}>
          Add the comment
        </button>
      </div>
    </form>
  );
}
