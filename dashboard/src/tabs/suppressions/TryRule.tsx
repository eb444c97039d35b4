import { createSignal, Show } from 'solid-js';
import * as api from '../../api/client';
import type { SuppressionRule, Trial } from '../../api/types';
import { doing } from '../../state/ask';
import { count, plural } from '../../ui/number';

/** Tells which of the stored alerts a rule matches: a rule that says something else than meant shows. */
export function TryRule(props: { rule: SuppressionRule; name: string }) {
  const [trial, setTrial] = createSignal<Trial>();
  const trying = doing();
  const go = () =>
    trying.run(async () => {
      setTrial(undefined);
      setTrial(await api.trySuppression({ ...props.rule }));
    });
  return (
    <>
      <button type="button" class="button" disabled={trying.busy()} onClick={() => void go()}>
        Try it<span class="visually-hidden">: {props.name}</span>
      </button>
      <span class="tried" role="status">
        <Show when={trial()}>
          {(result) =>
            `Matches ${count(result().matched)} of the ${plural(result().tried, 'stored alert')} tried.`
          }
        </Show>
        <Show when={trying.problem()}>{(problem) => problem()}</Show>
      </span>
    </>
  );
}
