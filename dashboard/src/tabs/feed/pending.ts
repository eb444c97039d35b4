/** Alerts that came while nothing may jump: counted, and kept as far as there are few. */
import { type Accessor, createSignal } from 'solid-js';
import type { StoredAlert } from '../../api/types';

/** Alerts that are kept; with more of them the list is loaded anew to show them. */
export const PENDING_MAX = 500;

export interface Pending {
  count: Accessor<number>;
  /** Whether not all that were counted are kept. */
  overflown(): boolean;
  has(stored: StoredAlert): boolean;
  /** `fresh` where it was not there before: of others it is not known whether they were counted. */
  add(stored: StoredAlert, fresh: boolean): void;
  /** Keeps what became of an alert; without `matches` it is no longer waited for. */
  replace(stored: StoredAlert, matches: boolean): void;
  all(): StoredAlert[];
  clear(): void;
}

export function createPending(): Pending {
  const kept = new Map<number, StoredAlert>();
  const [count, setCount] = createSignal(0);
  return {
    count,
    overflown: () => count() > kept.size,
    has: ({ position }) => kept.has(position),
    add(stored, fresh) {
      const isFull = kept.size >= PENDING_MAX;
      if (isFull && !fresh) return;
      if (!isFull) kept.set(stored.position, stored);
      setCount(count() + 1);
    },
    replace(stored, matches) {
      if (matches) kept.set(stored.position, stored);
      else {
        kept.delete(stored.position);
        setCount(count() - 1);
      }
    },
    all: () => [...kept.values()],
    clear() {
      kept.clear();
      setCount(0);
    },
  };
}
