// biome-ignore-all lint/a11y/useSemanticElements: only the rows in sight are drawn, which a table can not
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus, and points to its row
// biome-ignore-all lint/a11y/useAriaActivedescendantWithTabindex: it has one, in Solid's spelling
import { createVirtualizer } from '@tanstack/solid-virtual';
import { createEffect, createMemo, createSignal, For, onCleanup, onMount } from 'solid-js';
import type { Feed } from './feed';
import { createGridKeys } from './keys';
import { Row, rowId } from './Row';

/** Rows above and below those in sight that are drawn. */
const OVERSCAN = 10;
/** Scrolled by less than this counts as at the top. */
const TOP_PX = 4;
const NARROW = '(max-width: 900px)';

/** Heights as `feed.css` has them, in `rem`. */
const HEIGHT_REM = { row: 2.5, card: 3.9, head: 2 };

/** What the list does for those around it. */
export interface ListHandle {
  toTop(): void;
  /** Rows were removed above what is looked at: keeps the rest where it is. */
  removedAbove(rows: number): void;
}

/** The rows that are in sight, of as many as there are. */
export function List(props: {
  feed: Feed;
  /** How many rows there are in all, where that is known. */
  total: number | undefined;
  open: (position: number) => void;
  handle: (handle: ListHandle) => void;
}) {
  let element: HTMLDivElement | undefined;
  // Only once it is in the page: what the virtualizer is to watch must have a window before that.
  const [grid, setGrid] = createSignal<HTMLDivElement>();
  onMount(() => setGrid(element));
  const height = createHeights();
  const [scrolled, setScrolled] = createSignal(false);
  const [focused, setFocused] = createSignal(false);

  const virtual = createVirtualizer<HTMLDivElement, HTMLDivElement>({
    get count() {
      return props.feed.size();
    },
    getScrollElement: () => grid() ?? null,
    estimateSize: () => height().row,
    get scrollMargin() {
      return height().head;
    },
    get scrollPaddingStart() {
      return height().head;
    },
    overscan: OVERSCAN,
  });
  createEffect(() => {
    height();
    virtual.measure();
  });

  const keys = createGridKeys({
    feed: props.feed,
    scrollTo: (index) => virtual.scrollToIndex(index, { align: 'auto' }),
    rowsInSight: () => Math.max(1, Math.floor((grid()?.clientHeight ?? 0) / height().row) - 1),
    open: (position) => props.open(position),
  });

  const inSight = createMemo(() => {
    const items = virtual.getVirtualItems();
    return { first: items[0]?.index ?? 0, last: items.at(-1)?.index ?? 0 };
  });
  createEffect(() => {
    const { first, last } = inSight();
    props.feed.size();
    props.feed.see(first, last);
  });
  // Who has gone down with the keys reads there too.
  createEffect(() => props.feed.reading(scrolled() || (focused() && keys.index() > 0)));

  onCleanup(() => props.feed.reading(false));

  const activeId = () => {
    const { first, last } = inSight();
    const index = keys.index();
    const stored = index < first || index > last ? undefined : props.feed.at(index);
    return stored && rowId(stored.position);
  };

  onMount(() =>
    props.handle({
      toTop() {
        keys.leave();
        grid()?.scrollTo({ top: 0 });
        setScrolled(false);
      },
      removedAbove(rows) {
        const list = grid();
        if (list && list.scrollTop > 0) list.scrollTop -= rows * height().row;
      },
    }),
  );

  return (
    <div
      ref={element}
      class="feed-grid"
      role="grid"
      tabindex="0"
      aria-label="Alerts, the newest first"
      aria-rowcount={props.total === undefined ? -1 : props.total + 1}
      aria-busy={props.feed.loading()}
      aria-activedescendant={activeId()}
      onKeyDown={keys.onKeyDown}
      onFocus={() => setFocused(true)}
      onBlur={() => setFocused(false)}
      onScroll={(event) => setScrolled(event.currentTarget.scrollTop > TOP_PX)}
    >
      <div role="rowgroup" class="feed-head">
        <div role="row" aria-rowindex="1" class="feed-row">
          <For each={['Severity', 'Time', 'Category', 'Message', 'From → to', 'Agent', 'Marks']}>
            {(name) => <span role="columnheader">{name}</span>}
          </For>
        </div>
      </div>
      <div role="rowgroup" class="feed-body" style={{ height: `${virtual.getTotalSize()}px` }}>
        <div
          role="presentation"
          class="feed-window"
          style={{
            transform: `translateY(${(virtual.getVirtualItems()[0]?.start ?? 0) - height().head}px)`,
          }}
        >
          <For each={virtual.getVirtualItems()}>
            {(item) => (
              <Row
                stored={props.feed.at(item.index)}
                index={item.index}
                active={keys.index() === item.index}
                open={(position) => {
                  keys.goTo(item.index);
                  props.open(position);
                }}
              />
            )}
          </For>
        </div>
      </div>
    </div>
  );
}

/** Heights in pixels, for the font and the width that there are. */
function createHeights() {
  const read = () => {
    const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
    const narrow = globalThis.matchMedia?.(NARROW).matches ?? false;
    return narrow
      ? { row: HEIGHT_REM.card * rem, head: 0 }
      : { row: HEIGHT_REM.row * rem, head: HEIGHT_REM.head * rem };
  };
  const [heights, setHeights] = createSignal(read(), {
    equals: (a, b) => a.row === b.row && a.head === b.head,
  });
  const again = () => setHeights(read());
  window.addEventListener('resize', again);
  onCleanup(() => window.removeEventListener('resize', again));
  return heights;
}
