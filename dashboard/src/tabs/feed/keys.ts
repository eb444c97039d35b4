/** Moving through the rows by keys. */
import { type Accessor, createSignal } from 'solid-js';
import type { Feed } from './feed';
import { type Key, keyOf } from './key';

export interface GridKeys {
  /** The row that the keys are at; -1 before they were used. */
  index: Accessor<number>;
  goTo(index: number): void;
  /** Forgets the row. */
  leave(): void;
  onKeyDown(event: KeyboardEvent): void;
}

/** Where `key` leads from `index`; undefined for keys that do not move. */
export function destination(
  key: string,
  index: number,
  size: number,
  inSight: number,
): number | undefined {
  const moves: Record<string, number> = {
    ArrowDown: index + 1,
    ArrowUp: index - 1,
    PageDown: index + inSight,
    PageUp: index - inSight,
    Home: 0,
    End: size - 1,
  };
  const to = moves[key];
  return to === undefined ? undefined : Math.max(0, Math.min(size - 1, to));
}

export function createGridKeys(of: {
  feed: Feed;
  scrollTo(index: number): void;
  rowsInSight(): number;
  open(position: number): void;
}): GridKeys {
  // The alert, not its number: others come above it.
  const [at, setAt] = createSignal<Key>();
  /** Where it was when it was last there: the next one takes its place when it goes. */
  let last = -1;
  const index = () => {
    const key = at();
    if (!key) return -1;
    const found = of.feed.indexOf(key);
    if (found >= 0) last = found;
    return Math.min(last, of.feed.size() - 1);
  };
  const goTo = (to: number) => {
    const stored = of.feed.at(to);
    last = to;
    if (stored) setAt(keyOf(stored));
  };
  return {
    index,
    goTo,
    leave: () => setAt(undefined),
    onKeyDown(event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === 'Enter' || event.key === ' ') {
        const stored = of.feed.at(index());
        if (stored) of.open(stored.position);
        event.preventDefault();
        return;
      }
      const to = destination(event.key, index(), of.feed.size(), of.rowsInSight());
      if (to === undefined) return;
      event.preventDefault();
      goTo(to);
      of.scrollTo(to);
    },
  };
}
