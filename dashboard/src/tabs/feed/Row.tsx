// biome-ignore-all lint/a11y/useSemanticElements: only the rows in sight are drawn, which a table can not
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus, and points to its row
import { Show } from 'solid-js';
import type { Endpoint, StoredAlert } from '../../api/types';
import { Severity } from '../../ui/Severity';
import { Time } from '../../ui/Time';

/** Characters of a text in a row at most: more than can be seen; the sheet has all of it. */
const TEXT_MAX = 300;

const cut = (text: string): string =>
  text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text;

/** An end in few words: its address, or its hardware address. */
export const end = (one: Endpoint): string => one.ip ?? one.mac ?? '–';

export const rowId = (position: number): string => `alert-row-${position}`;

/** One alert in a line, or on narrow screens in two; `index` counts from 0. */
export function Row(props: {
  stored: StoredAlert | undefined;
  index: number;
  active: boolean;
  open: (position: number) => void;
}) {
  const open = (position: number) => {
    // Who marks text wants to copy it.
    if (window.getSelection()?.isCollapsed === false) return;
    props.open(position);
  };
  return (
    <Show
      when={props.stored}
      fallback={
        <div role="row" class="feed-row" aria-rowindex={props.index + 2}>
          <span role="gridcell" class="muted c-wait">
            Loading…
          </span>
        </div>
      }
    >
      {(stored) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the grid around it has the keys
        <div
          role="row"
          class="feed-row"
          id={rowId(stored().position)}
          aria-rowindex={props.index + 2}
          aria-selected={props.active}
          data-severity={stored().alert.severity}
          data-done={stored().acknowledged_by !== null || stored().suppressed_by !== null}
          onClick={() => open(stored().position)}
        >
          <span role="gridcell" class="c-severity">
            <Severity level={stored().alert.severity} />
          </span>
          <span role="gridcell" class="c-time">
            <Time at={stored().alert.timestamp} />
          </span>
          <span role="gridcell" class="c-category wire">
            {cut(stored().alert.category)}
          </span>
          <span role="gridcell" class="c-message wire" title={cut(stored().alert.message)}>
            {cut(stored().alert.message)}
          </span>
          <span role="gridcell" class="c-ends mono">
            <span class="wire">{end(stored().alert.source)}</span>
            <span aria-hidden="true"> → </span>
            <span class="visually-hidden"> to </span>
            <span class="wire">{end(stored().alert.target)}</span>
          </span>
          <span role="gridcell" class="c-agent wire">
            {cut(stored().alert.agent.hostname || stored().alert.agent.id)}
          </span>
          <span role="gridcell" class="c-marks">
            <Marks of={stored()} />
          </span>
        </div>
      )}
    </Show>
  );
}

/** What people, or a suppression, did about it. */
function Marks(props: { of: StoredAlert }) {
  const comments = () => (props.of.comments === 1 ? '1 comment' : `${props.of.comments} comments`);
  return (
    <>
      <Show when={props.of.acknowledged_by}>
        {(by) => (
          <span class="mark" title={`Acknowledged by ${by()}`}>
            <span aria-hidden="true">✓</span>
            <span class="visually-hidden">Acknowledged</span>
          </span>
        )}
      </Show>
      <Show when={props.of.suppressed_by !== null}>
        <span class="mark" title="Suppressed">
          <span aria-hidden="true">⊘</span>
          <span class="visually-hidden">Suppressed</span>
        </span>
      </Show>
      <Show when={props.of.comments > 0}>
        <span class="mark" title={comments()}>
          <span aria-hidden="true">✎ {props.of.comments}</span>
          <span class="visually-hidden">{comments()}</span>
        </span>
      </Show>
    </>
  );
}
