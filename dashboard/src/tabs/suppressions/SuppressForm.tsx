import { For, Show } from 'solid-js';
import { createStore } from 'solid-js/store';
import * as api from '../../api/client';
import type { Alert, Suppression } from '../../api/types';
import { doing } from '../../state/ask';
import { type Draft, draftFor, EXPIRIES, isEmpty, ruleOf, suppressionOf } from './form/draft';
import { Preview } from './form/Preview';
import { RuleFields } from './form/RuleFields';
import './form/suppress-form.css';

/**
 * Adds a suppression, with a preview of what it would match. From an `alert` its rule and its source
 * are filled in; without one it begins empty.
 */
export function SuppressForm(props: {
  alert?: Alert;
  done: (added: Suppression) => void;
  cancel: () => void;
}) {
  const [draft, setDraft] = createStore<Draft>(draftFor(props.alert));
  const change = (part: Partial<Draft>) => setDraft(part);
  const rule = () => ruleOf(draft);
  const work = doing();
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    await work.run(async () => props.done(await api.suppress(suppressionOf(draft))));
  };
  return (
    <form class="stack" onSubmit={submit}>
      <p class="muted">
        Alerts for which all of this holds are stored, but no longer shown or counted.
      </p>
      <RuleFields draft={draft} change={change} alert={props.alert} />
      <Preview rule={rule()} />
      <label class="field">
        <span>Reason, for those who wonder later</span>
        <input
          class="input"
          required
          maxlength="1000"
          value={draft.reason}
          onInput={(event) => change({ reason: event.currentTarget.value })}
        />
      </label>
      <label class="field">
        <span>How long</span>
        <select class="input" onChange={(event) => change({ expiry: event.currentTarget.value })}>
          <For each={EXPIRIES}>
            {([id, name]) => (
              <option value={id} selected={id === draft.expiry}>
                {name}
              </option>
            )}
          </For>
        </select>
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={draft.applyToStored}
          onChange={(event) => change({ applyToStored: event.currentTarget.checked })}
        />
        <span>Suppress those that are stored already too</span>
      </label>
      <Show when={work.problem()}>
        {(problem) => (
          <p class="notice" data-tone="bad" role="alert">
            {problem()}
          </p>
        )}
      </Show>
      <div class="row">
        <button
          type="submit"
          class="button primary"
          disabled={work.busy() || isEmpty(rule()) || draft.reason.trim() === ''}
        >
          Suppress
        </button>
        <button type="button" class="button" onClick={() => props.cancel()}>
          Cancel
        </button>
      </div>
    </form>
  );
}
