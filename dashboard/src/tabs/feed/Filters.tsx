import { createSignal, For, Show } from 'solid-js';
import { SEVERITIES, type Severity } from '../../api/types';
import type { Filter } from '../../state/filter';
import { useSession } from '../../state/session';
import { count, short } from '../../ui/number';
import type { FeedAddress } from './address';
import type { Feed } from './feed';
import { MoreFilters } from './MoreFilters';
import { Search } from './Search';
import './filters.css';

const NAMES: Record<Severity, string> = {
  CRITICAL: 'Critical',
  HIGH: 'High',
  MEDIUM: 'Medium',
  LOW: 'Low',
};
const MARKS: Record<Severity, string> = { CRITICAL: '◆', HIGH: '▲', MEDIUM: '■', LOW: '●' };

/** How many of the parts behind the button narrow. */
export function narrowing(filter: Filter): number {
  const times = filter.since !== '' || filter.until !== '';
  const parts = [
    filter.detector.length > 0,
    times,
    filter.source !== '',
    filter.target !== '',
    filter.agent !== '',
    filter.acknowledged !== null,
    filter.archived,
    filter.suppressed,
  ];
  return parts.filter(Boolean).length;
}

/** What the feed is narrowed by, and its pause. */
export function Filters(props: { address: FeedAddress; feed: Feed }) {
  const [open, setOpen] = createSignal(false);
  const filter = () => props.address.filter();
  const narrowed = () => narrowing(filter());
  return (
    <search class="feed-filters" aria-label="Alerts">
      <div class="row">
        <Chips
          chosen={filter().severity}
          choose={(severity) => props.address.narrow({ severity })}
        />
        <Search text={filter().text} search={(text) => props.address.narrow({ text }, true)} />
        <button
          type="button"
          class="button"
          aria-expanded={open()}
          aria-controls="feed-more"
          onClick={() => setOpen(!open())}
        >
          Filters
          <Show when={narrowed() > 0}>
            <span class="feed-count">
              {narrowed()}
              <span class="visually-hidden"> in use</span>
            </span>
          </Show>
        </button>
        <Show when={narrowed() > 0 || filter().severity.length > 0 || filter().text !== ''}>
          <button type="button" class="button" onClick={() => props.address.clear()}>
            Clear
          </button>
        </Show>
        <Pause feed={props.feed} />
      </div>
      <div id="feed-more" hidden={!open()}>
        <Show when={open()}>
          <MoreFilters filter={filter()} narrow={(change) => props.address.narrow(change)} />
        </Show>
      </div>
    </search>
  );
}

function Chips(props: { chosen: Severity[]; choose: (levels: Severity[]) => void }) {
  const { live } = useSession();
  const of = (level: Severity) => live.stats()?.alerts[level.toLowerCase() as Lowercase<Severity>];
  const toggle = (level: Severity) =>
    props.choose(SEVERITIES.filter((one) => (one === level) !== props.chosen.includes(one)));
  return (
    <fieldset class="feed-chips">
      <legend class="visually-hidden">Severities</legend>
      <For each={SEVERITIES}>
        {(level) => (
          <button
            type="button"
            class="chip"
            data-severity={level}
            aria-pressed={props.chosen.includes(level)}
            onClick={() => toggle(level)}
          >
            <span aria-hidden="true">{MARKS[level]}</span>
            {NAMES[level]}
            <Show when={of(level) !== undefined}>
              <span class="feed-count" title={`${count(of(level) ?? 0)} kept`}>
                {short(of(level) ?? 0)}
              </span>
            </Show>
          </button>
        )}
      </For>
    </fieldset>
  );
}

function Pause(props: { feed: Feed }) {
  const label = () => {
    if (!props.feed.paused()) return 'Pause';
    const waiting = props.feed.pending();
    return waiting > 0 ? `Resume (${short(waiting)} new)` : 'Resume';
  };
  return (
    <button
      type="button"
      class="button feed-pause"
      data-paused={props.feed.paused()}
      onClick={() => props.feed.pause(!props.feed.paused())}
    >
      <span aria-hidden="true">{props.feed.paused() ? '▶' : '‖'}</span>
      {label()}
    </button>
  );
}
