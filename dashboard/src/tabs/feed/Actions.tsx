import { createSignal, Show } from 'solid-js';
import * as api from '../../api/client';
import type { StoredAlert } from '../../api/types';
import { doing } from '../../state/ask';
import { useSession } from '../../state/session';

type What = api.Triage['triage'];

/** What can be done with an alert; viewers can take it along. */
export function Actions(props: { stored: StoredAlert; suppress: () => void }) {
  const session = useSession();
  const work = doing();
  const triage = (what: What) =>
    work.run(async () => {
      await api.triage({ selection: { positions: [props.stored.position] }, triage: what });
      await session.live.catchUp().catch(() => undefined);
    });
  // One button for doing and undoing, and never disabled: else whoever uses keys would lose the place.
  const toggle = (
    done: () => boolean,
    act: readonly [What, string],
    undo: readonly [What, string],
  ) => (
    <button
      type="button"
      class="button"
      aria-disabled={work.busy()}
      onClick={() => !work.busy() && void triage((done() ? undo : act)[0])}
    >
      {(done() ? undo : act)[1]}
    </button>
  );
  return (
    <div class="stack">
      <div class="row">
        <Show when={session.may('analyst')}>
          {toggle(
            () => props.stored.acknowledged_by !== null,
            ['acknowledge', 'Acknowledge'],
            ['unacknowledge', 'Take back acknowledgement'],
          )}
          {toggle(() => props.stored.archived, ['archive', 'Archive'], ['unarchive', 'Unarchive'])}
          <button type="button" class="button" onClick={() => props.suppress()}>
            Suppress…
          </button>
        </Show>
        <Copy stored={props.stored} />
      </div>
      <Show when={work.problem()}>
        {(problem) => (
          <p class="notice" data-tone="bad" role="alert">
            {problem()}
          </p>
        )}
      </Show>
    </div>
  );
}

function Copy(props: { stored: StoredAlert }) {
  const [told, setTold] = createSignal('');
  const copy = () =>
    navigator.clipboard.writeText(JSON.stringify(props.stored, null, 2)).then(
      () => setTold('Copied.'),
      () => setTold('The browser did not allow it.'),
    );
  return (
    <>
      <button type="button" class="button" onClick={copy}>
        Copy as JSON
      </button>
      <span role="status" class="muted">
        {told()}
      </span>
    </>
  );
}
