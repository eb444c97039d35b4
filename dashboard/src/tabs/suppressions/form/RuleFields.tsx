import { For, Show } from 'solid-js';
import type { Alert } from '../../../api/types';
import { useSession } from '../../../state/session';
import { DETECTORS } from '../../feed/choices';
import type { Draft } from './draft';

type Change = (change: Partial<Draft>) => void;

/** Which alerts: by detector, ends and agent. */
export function RuleFields(props: { draft: Draft; change: Change; alert: Alert | undefined }) {
  return (
    <div class="suppress-fields">
      <Detector draft={props.draft} change={props.change} alert={props.alert} />
      <Address
        name="Source (address or network)"
        value={props.draft.source}
        offer={props.alert?.source.ip}
        set={(source) => props.change({ source })}
      />
      <Address
        name="Target (address or network)"
        value={props.draft.target}
        offer={props.alert?.target.ip}
        set={(target) => props.change({ target })}
      />
      <Address
        name="Either end (address or network)"
        value={props.draft.either}
        offer={props.alert?.source.ip}
        set={(either) => props.change({ either })}
      />
      <Agent draft={props.draft} change={props.change} alert={props.alert} />
    </div>
  );
}

function Detector(props: { draft: Draft; change: Change; alert: Alert | undefined }) {
  const options = () => {
    const rule = props.alert?.rule;
    const rules = rule ? [[rule, `Only the rule ${rule}`] as const] : [];
    const all = [
      ['', 'Any detector'] as const,
      ...rules,
      ...DETECTORS.map(([id, name]) => [id, `All of ${name}`] as const),
    ];
    for (const id of [props.alert?.detector, props.draft.detector]) {
      if (id && !all.some(([known]) => known === id)) all.push([id, `All of ${id}`] as const);
    }
    return all;
  };
  return (
    <label class="field">
      <span>Detector</span>
      <select
        class="input"
        onChange={(event) => props.change({ detector: event.currentTarget.value })}
      >
        <For each={options()}>
          {([id, name]) => (
            <option value={id} selected={id === props.draft.detector}>
              {name}
            </option>
          )}
        </For>
      </select>
    </label>
  );
}

/** An address; one press takes it from the alert, or leaves it out. */
function Address(props: {
  name: string;
  value: string;
  offer: string | null | undefined;
  set: (value: string) => void;
}) {
  return (
    <div class="suppress-address">
      <label class="field">
        <span>{props.name}</span>
        <input
          class="input mono"
          maxlength="100"
          autocomplete="off"
          spellcheck={false}
          placeholder="any"
          value={props.value}
          onInput={(event) => props.set(event.currentTarget.value)}
        />
      </label>
      <Show when={props.offer}>
        {(offer) => (
          <button
            type="button"
            class="button"
            onClick={() => props.set(props.value === '' ? offer() : '')}
          >
            {props.value === '' ? 'Fill in' : 'Leave out'}
            <span class="visually-hidden"> {props.name}</span>
          </button>
        )}
      </Show>
    </div>
  );
}

function Agent(props: { draft: Draft; change: Change; alert: Alert | undefined }) {
  const { live } = useSession();
  const options = () => {
    const agents = (live.agents() ?? []).map(
      (agent) => [agent.id, agent.hostname || agent.id] as const,
    );
    const all = [['', 'Any agent'] as const, ...agents];
    const own = props.alert?.agent;
    if (own && !all.some(([id]) => id === own.id)) all.push([own.id, own.hostname || own.id]);
    return all;
  };
  return (
    <label class="field">
      <span>Agent</span>
      <select
        class="input"
        onChange={(event) => props.change({ agent: event.currentTarget.value })}
      >
        <For each={options()}>
          {([id, name]) => (
            <option value={id} selected={id === props.draft.agent}>
              {name}
            </option>
          )}
        </For>
      </select>
    </label>
  );
}
