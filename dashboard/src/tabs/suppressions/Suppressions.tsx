import { createMemo, createSignal, For, Show } from 'solid-js';
import * as api from '../../api/client';
import type { Suppression } from '../../api/types';
import { ask } from '../../state/ask';
import { kept } from '../../state/kept';
import { useSession } from '../../state/session';
import { Confirm } from '../../ui/Confirm';
import { plural } from '../../ui/number';
import { Sheet } from '../../ui/Sheet';
import { Empty, Failed, Loading } from '../../ui/states';
import { now } from '../../ui/Time';
import { freshSuppressions } from './fresh';
import { Rule } from './Rule';
import { SuppressForm } from './SuppressForm';
import { SuppressionCard } from './SuppressionCard';
import { arranged, isOver, ruleWords } from './words';
import './suppressions.css';

/** Which alerts nobody wants to see, why, and whether that works. */
export default function Suppressions() {
  const session = useSession();
  const { live } = session;
  const asked = freshSuppressions(live);
  const all = kept(asked.value, 'id');
  const shown = createMemo(() => arranged(all.list() ?? [], now()));
  const agents = ask(() => live.agents() === undefined, api.agents);
  const agentName = (id: string) =>
    (live.agents() ?? agents.value())?.find((agent) => agent.id === id)?.hostname || undefined;
  const words = (one: Suppression) => ruleWords(one.rule, agentName);
  const mayChange = () => session.may('analyst');
  const [removing, setRemoving] = createSignal<Suppression>();
  const [adding, setAdding] = createSignal(false);

  return (
    <section class="suppressions" aria-label="Suppressions">
      <header class="page-head">
        <h2>Suppressions</h2>
        <Show when={all.list()}>{(list) => <Summary of={list()} />}</Show>
        <Show when={mayChange()}>
          <button type="button" class="button primary end" onClick={() => setAdding(true)}>
            New suppression
          </button>
        </Show>
      </header>
      <Show when={asked.error()}>{(error) => <Failed error={error()} retry={asked.again} />}</Show>
      <Show
        when={all.list()}
        fallback={
          <Show when={!asked.error()}>
            <Loading what="the suppressions" />
          </Show>
        }
      >
        <Show when={shown().length > 0} fallback={<None />}>
          <ul class="suppression-list">
            <For each={shown()}>
              {(one) => (
                <SuppressionCard
                  of={one}
                  pieces={words(one)}
                  remove={mayChange() ? () => setRemoving(one) : undefined}
                />
              )}
            </For>
          </ul>
        </Show>
      </Show>
      <Show when={adding()}>
        <Sheet title="New suppression" close={() => setAdding(false)}>
          <SuppressForm
            done={() => {
              setAdding(false);
              asked.again();
            }}
            cancel={() => setAdding(false)}
          />
        </Sheet>
      </Show>
      <Show when={removing()} keyed>
        {(one) => (
          <Confirm
            title="Remove the suppression?"
            deed="Remove it"
            danger
            work={async () => {
              await api.removeSuppression(one.id);
              all.drop(one);
              asked.again();
            }}
            close={() => setRemoving(undefined)}
          >
            <p>
              <Rule pieces={words(one)} />
            </p>
            <p>
              Such alerts are shown again from now on, and those that only it suppressed come back.
            </p>
          </Confirm>
        )}
      </Show>
    </section>
  );
}

function Summary(props: { of: readonly Suppression[] }) {
  const over = () => props.of.filter((one) => isOver(one, now())).length;
  return (
    <p class="muted" role="status">
      {plural(props.of.length - over(), 'suppression')} in force
      {over() > 0 ? `, ${over()} expired` : ''}
    </p>
  );
}

function None() {
  return (
    <Empty title="Nothing is suppressed">
      What is known to be harmless, such as a scanner of your own, can be kept out of the feed: from
      an alert’s details, or here.
    </Empty>
  );
}
