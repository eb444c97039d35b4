import { createSignal, For, type JSX, Show } from 'solid-js';
import type { Filter } from '../../state/filter';
import { useSession } from '../../state/session';
import { DETECTORS, fromLocal, isRange, RANGES, toLocal } from './choices';

type Narrow = (change: Partial<Filter>) => void;

/** What is seldom narrowed by. */
export function MoreFilters(props: { filter: Filter; narrow: Narrow }) {
  return (
    <div class="feed-more">
      <Detectors chosen={props.filter.detector} narrow={props.narrow} />
      <TimeRange filter={props.filter} narrow={props.narrow} />
      <Text
        name="Source address"
        value={props.filter.source}
        set={(source) => props.narrow({ source })}
      />
      <Text
        name="Target address"
        value={props.filter.target}
        set={(target) => props.narrow({ target })}
      />
      <Agent chosen={props.filter.agent} narrow={props.narrow} />
      <Choice
        name="Acknowledged"
        value={String(props.filter.acknowledged ?? '')}
        options={[
          ['', 'All'],
          ['false', 'Not acknowledged'],
          ['true', 'Acknowledged'],
        ]}
        set={(value) => props.narrow({ acknowledged: value === '' ? null : value === 'true' })}
      />
      <div class="feed-checks">
        <Check checked={props.filter.archived} set={(archived) => props.narrow({ archived })}>
          Only archived alerts
        </Check>
        <Check checked={props.filter.suppressed} set={(suppressed) => props.narrow({ suppressed })}>
          Suppressed alerts too
        </Check>
      </div>
    </div>
  );
}

function Detectors(props: { chosen: string[]; narrow: Narrow }) {
  const all = () => {
    const known = DETECTORS.map(([id]) => id);
    const others = props.chosen.filter((id) => !known.includes(id));
    return [...DETECTORS, ...others.map((id) => [id, id] as const)];
  };
  const toggle = (id: string) =>
    props.narrow({
      detector: props.chosen.includes(id)
        ? props.chosen.filter((one) => one !== id)
        : [...props.chosen, id],
    });
  return (
    <fieldset class="feed-detectors">
      <legend>Detectors</legend>
      <For each={all()}>
        {([id, name]) => (
          <button
            type="button"
            class="chip wire"
            aria-pressed={props.chosen.includes(id)}
            onClick={() => toggle(id)}
          >
            {name}
          </button>
        )}
      </For>
    </fieldset>
  );
}

function TimeRange(props: { filter: Filter; narrow: Narrow }) {
  const fits = () => isRange(props.filter.since, props.filter.until);
  const [own, setOwn] = createSignal(false);
  const custom = () => own() || !fits();
  const options = () => [...RANGES, ['own', 'Between…'] as const];
  return (
    <>
      <Choice
        name="Time"
        value={custom() ? 'own' : props.filter.since}
        options={options()}
        set={(value) => {
          setOwn(value === 'own');
          if (value !== 'own') props.narrow({ since: value, until: '' });
        }}
      />
      <Show when={custom()}>
        <Moment name="From" value={props.filter.since} set={(since) => props.narrow({ since })} />
        <Moment name="Until" value={props.filter.until} set={(until) => props.narrow({ until })} />
      </Show>
    </>
  );
}

function Moment(props: { name: string; value: string; set: (value: string) => void }) {
  return (
    <label class="field">
      <span>{props.name}</span>
      <input
        class="input"
        type="datetime-local"
        value={toLocal(props.value)}
        onChange={(event) => props.set(fromLocal(event.currentTarget.value))}
      />
    </label>
  );
}

function Agent(props: { chosen: string; narrow: Narrow }) {
  const { live } = useSession();
  const options = () => {
    const agents = (live.agents() ?? []).map(
      (agent) => [agent.id, agent.hostname || agent.id] as const,
    );
    const known = props.chosen === '' || agents.some(([id]) => id === props.chosen);
    const other = known ? [] : [[props.chosen, props.chosen] as const];
    return [['', 'All agents'] as const, ...agents, ...other];
  };
  return (
    <Choice
      name="Agent"
      value={props.chosen}
      options={options()}
      set={(agent) => props.narrow({ agent })}
    />
  );
}

function Text(props: { name: string; value: string; set: (value: string) => void }) {
  return (
    <label class="field">
      <span>{props.name}</span>
      <input
        class="input mono"
        maxlength="100"
        autocomplete="off"
        spellcheck={false}
        value={props.value}
        onChange={(event) => props.set(event.currentTarget.value.trim())}
      />
    </label>
  );
}

function Choice(props: {
  name: string;
  value: string;
  options: readonly (readonly [value: string, name: string])[];
  set: (value: string) => void;
}) {
  return (
    <label class="field">
      <span>{props.name}</span>
      <select class="input" onChange={(event) => props.set(event.currentTarget.value)}>
        <For each={props.options}>
          {([value, name]) => (
            <option value={value} selected={value === props.value}>
              {name}
            </option>
          )}
        </For>
      </select>
    </label>
  );
}

function Check(props: {
  checked: boolean;
  set: (checked: boolean) => void;
  children: JSX.Element;
}) {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={props.checked}
        onChange={(event) => props.set(event.currentTarget.checked)}
      />
      <span>{props.children}</span>
    </label>
  );
}
