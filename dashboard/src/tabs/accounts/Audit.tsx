import { createSignal, For, Show } from 'solid-js';
import * as api from '../../api/client';
import type { AuditEntry } from '../../api/types';
import { ask } from '../../state/ask';
import { Empty, Failed, Loading } from '../../ui/states';
import { Time } from '../../ui/Time';
import { clip } from '../../ui/text';

/** Entries on a page. */
export const PAGE = 50;
/** Longest text of an entry that is shown whole: names that were refused come from anybody. */
const TEXT_MAX = 200;

/** Who did what, the newest first, page by page. */
export function Audit() {
  // Where each page begins that was turned over, the first of them without a beginning.
  const [pages, setPages] = createSignal<readonly (number | null)[]>([null]);
  const page = () => ({ before: pages()[pages().length - 1] ?? null });
  // One more than is shown tells whether there is another page.
  const asked = ask(page, ({ before }) => api.audit(before, PAGE + 1));
  const shown = () => asked.value()?.slice(0, PAGE);
  const older = () => {
    const last = shown()?.at(-1);
    if (last) setPages([...pages(), last.id]);
  };
  return (
    <section class="panel audit" aria-labelledby="audit">
      <header>
        <h2 id="audit">Audit trail</h2>
        <div class="row">
          <button
            type="button"
            class="button"
            onClick={() => (pages().length > 1 ? setPages([null]) : asked.again())}
          >
            Newest
          </button>
          <button
            type="button"
            class="button"
            disabled={pages().length <= 1 || asked.loading()}
            onClick={() => setPages(pages().slice(0, -1))}
          >
            Newer
          </button>
          <button
            type="button"
            class="button"
            disabled={(asked.value()?.length ?? 0) <= PAGE || asked.loading()}
            onClick={older}
          >
            Older
          </button>
        </div>
      </header>
      <Show when={asked.error()}>{(error) => <Failed error={error()} retry={asked.again} />}</Show>
      <Show
        when={shown()}
        fallback={asked.error() ? undefined : <Loading what="the audit trail" />}
      >
        {(entries) => (
          <Show when={entries().length > 0} fallback={<Empty title="Nothing was done yet" />}>
            <Entries of={entries()} busy={asked.loading()} />
          </Show>
        )}
      </Show>
    </section>
  );
}

function Entries(props: { of: readonly AuditEntry[]; busy: boolean }) {
  return (
    <table class="plain stacked" aria-labelledby="audit" aria-busy={props.busy}>
      <thead>
        <tr>
          <th scope="col">When</th>
          <th scope="col">Who</th>
          <th scope="col">What</th>
          <th scope="col">To what</th>
          <th scope="col">More</th>
        </tr>
      </thead>
      <tbody>
        <For each={props.of}>
          {(entry) => (
            <tr>
              <td class="nowrap">
                <Time at={entry.at} />
              </td>
              <Text of={entry.actor} />
              <Text of={entry.action} mono />
              <Text of={entry.subject} />
              <Text of={entry.detail} />
            </tr>
          )}
        </For>
      </tbody>
    </table>
  );
}

function Text(props: { of: string; mono?: boolean }) {
  return (
    <td
      class="wire"
      classList={{ mono: props.mono === true }}
      title={props.of.length > TEXT_MAX ? props.of : undefined}
    >
      {clip(props.of, TEXT_MAX)}
    </td>
  );
}
