/** Lists that are sent whole, again and again: only what differs is drawn anew. */
import { type Accessor, createComputed } from 'solid-js';
import { createStore, reconcile, unwrap } from 'solid-js/store';

/** A list whose items stay the same objects for as long as their key is in it. */
export interface Kept<T> {
  /** Nothing until the first list came. */
  list: Accessor<T[] | undefined>;
  /** Puts a newer item in the place of that with its key, until the next list comes. */
  put(item: T): void;
  /** Takes an item out, until the next list comes. */
  drop(item: T): void;
}

/** Keeps what `newest` gives, by the field `key` of its items. */
export function kept<T extends object>(
  newest: Accessor<readonly T[] | undefined>,
  key: keyof T & string,
): Kept<T> {
  const [store, setStore] = createStore<{ list?: T[] }>({});
  const show = (list: readonly T[]) =>
    // The copy keeps what others hold of the list from changing under them.
    setStore('list', reconcile(structuredClone([...list]), { key }));
  createComputed(() => {
    const list = newest();
    if (list) show(list);
  });
  const plain = () => unwrap(store).list ?? [];
  return {
    list: () => store.list,
    put: (item) => show(plain().map((one) => (one[key] === item[key] ? item : one))),
    drop: (item) => show(plain().filter((one) => one[key] !== item[key])),
  };
}
