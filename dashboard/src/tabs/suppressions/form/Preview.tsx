import { createEffect, createSignal, For, on, onCleanup, Show } from 'solid-js';
import * as api from '../../../api/client';
import { told } from '../../../api/problem';
import type { SuppressionRule } from '../../../api/types';
import { ask } from '../../../state/ask';
import { count, plural } from '../../../ui/number';
import { Severity } from '../../../ui/Severity';
import { Time } from '../../../ui/Time';
import { isEmpty } from './draft';

/** Wait after a change before the server is asked. */
export const TYPING_MS = 400;
/** Examples that are shown. */
const SHOWN = 5;

/** What a rule would have matched until now. */
export function Preview(props: { rule: SuppressionRule }) {
  const key = () => JSON.stringify(props.rule);
  const [settled, setSettled] = createSignal<SuppressionRule>(props.rule);
  let timer: ReturnType<typeof setTimeout> | undefined;
  createEffect(
    on(
      key,
      () => {
        clearTimeout(timer);
        timer = setTimeout(() => setSettled(props.rule), TYPING_MS);
      },
      { defer: true },
    ),
  );
  onCleanup(() => clearTimeout(timer));
  const trial = ask(() => !isEmpty(settled()) && settled(), api.trySuppression);
  const current = () => JSON.stringify(settled()) === key() && !trial.loading();

  return (
    <section class="suppress-preview" aria-label="What it would match" aria-busy={!current()}>
      <Show
        when={!isEmpty(props.rule)}
        fallback={<p class="muted">Nothing is given yet: it would suppress everything.</p>}
      >
        <Show when={trial.error()}>
          {(error) => (
            <p class="notice" data-tone="bad" role="alert">
              {told(error())}
            </p>
          )}
        </Show>
        <Show when={trial.value()}>
          {(found) => (
            <>
              <p role="status">
                <strong>Would match {plural(found().matched, 'alert')}</strong> of the newest{' '}
                {count(found().tried)}; older ones are not tried
                {current() ? '' : ' (looking again…)'}
              </p>
              <ul class="suppress-examples">
                <For each={found().examples.slice(0, SHOWN)}>
                  {(one) => (
                    <li>
                      <Severity level={one.alert.severity} />{' '}
                      <span class="muted">
                        <Time at={one.alert.timestamp} />
                      </span>{' '}
                      <span class="wire">{one.alert.message.slice(0, 300)}</span>
                    </li>
                  )}
                </For>
              </ul>
            </>
          )}
        </Show>
      </Show>
    </section>
  );
}
