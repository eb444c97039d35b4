import { Show } from 'solid-js';
import type { Suppression } from '../../api/types';
import { plural } from '../../ui/number';
import { now, Time } from '../../ui/Time';
import { clip } from '../../ui/text';
import { Rule } from './Rule';
import { TryRule } from './TryRule';
import { isIdle, isOver, type Piece, ruleText } from './words';

/** Longest reason that is shown whole. */
const REASON_MAX = 400;

/** One suppression. `remove` is there for those who may take it away. */
export function SuppressionCard(props: {
  of: Suppression;
  pieces: readonly Piece[];
  remove?: (() => void) | undefined;
}) {
  const over = () => isOver(props.of, now());
  return (
    <li class="panel suppression" data-over={over()}>
      <h3>
        <Rule pieces={props.pieces} />
      </h3>
      <p class="wire" title={props.of.reason}>
        {clip(props.of.reason, REASON_MAX) || <span class="muted">No reason was given.</span>}
      </p>
      <p class="muted">
        By <span class="wire">{clip(props.of.author, 100)}</span>,{' '}
        <Time at={props.of.created} ago />
        {'. '}
        <Ends of={props.of} over={over()} />
      </p>
      <Hits of={props.of} />
      <Show when={props.remove}>
        {(remove) => (
          <div class="row">
            <TryRule rule={props.of.rule} name={ruleText(props.pieces)} />
            <button type="button" class="button danger" onClick={() => remove()()}>
              Remove<span class="visually-hidden">: {ruleText(props.pieces)}</span>
            </button>
          </div>
        )}
      </Show>
    </li>
  );
}

function Ends(props: { of: Suppression; over: boolean }) {
  return (
    <Show when={props.of.expires} fallback="Until it is removed.">
      {(expires) => (
        <>
          <Show when={props.over} fallback="Until ">
            <strong class="over">
              <span aria-hidden="true">■ </span>Expired
            </strong>{' '}
          </Show>
          <Time at={expires()} />.
        </>
      )}
    </Show>
  );
}

function Hits(props: { of: Suppression }) {
  return (
    <p>
      <Show
        when={props.of.hits > 0}
        fallback={
          <span classList={{ 'tone-medium': isIdle(props.of, now()) }}>
            <Show when={isIdle(props.of, now())}>
              <span aria-hidden="true">▲ </span>
            </Show>
            Never matched
            <Show when={isIdle(props.of, now())}>: does it say what was meant?</Show>
          </span>
        }
      >
        Suppressed {plural(props.of.hits, 'alert')}
        <Show when={props.of.last_hit}>
          {(last) => (
            <>
              , the last <Time at={last()} ago />
            </>
          )}
        </Show>
        .
      </Show>
    </p>
  );
}
