/** The feed: rows that are loaded as they are scrolled to, and what comes meanwhile. */
import { type Accessor, createEffect, createSignal, on, onCleanup } from 'solid-js';
import type { StoredAlert } from '../../api/types';
import type { Batch, Live } from '../../live/live';
import { type Filter, lets, toQuery } from '../../state/filter';
import { fetchBehind } from './fetch';
import type { Key } from './key';
import { createPending } from './pending';
import { type Page, Rows } from './rows';
import { settle } from './settle';

/** Rows below what is seen that are loaded before they are seen. */
const AHEAD = 40;
/** Alerts that may come while the first page is loaded; with more of them it is loaded once more. */
const EARLY_MAX = 2_000;

export interface Feed {
  /** Rows there are, in memory or not. */
  size: Accessor<number>;
  at(index: number): StoredAlert | undefined;
  indexOf(key: Key): number;
  /** Whether there are more behind the last row. */
  more: Accessor<boolean>;
  /** Whether the first page is on its way: what is there is of the filter before. */
  loading: Accessor<boolean>;
  error: Accessor<unknown>;
  /** Why rows that were scrolled to could not be loaded. */
  tailError: Accessor<unknown>;
  /** Alerts that came and are not shown. */
  pending: Accessor<number>;
  paused: Accessor<boolean>;
  pause(paused: boolean): void;
  /** While somebody reads, nothing is put above what they read. */
  reading(reading: boolean): void;
  /** Shows what is pending. */
  show(): void;
  /** Loads everything anew. */
  reload(): void;
  /** Tells which rows are looked at. */
  see(first: number, last: number): void;
  /** Up to this revision everything that the filter lets through is on show, or below it. */
  seen(): number;
}

/**
 * @param removedAbove called with how many rows were removed above those looked at
 */
export function createFeed(
  filter: Accessor<Filter>,
  live: Live,
  removedAbove: (rows: number) => void,
): Feed {
  const rows = new Rows();
  const pending = createPending();
  const [version, setVersion] = createSignal(0);
  const [loading, setLoading] = createSignal(true);
  const [error, setError] = createSignal<unknown>();
  const [tailError, setTailError] = createSignal<unknown>();
  const [paused, setPaused] = createSignal(false);
  const [isRead, setRead] = createSignal(false);
  const holding = () => paused() || isRead();
  const filled = new Set<Page>();
  let looked = { first: 0, last: 0 };
  let seen = 0;
  let generation = 0;
  let early: StoredAlert[] = [];
  let tailOnItsWay = false;

  const changed = () => setVersion((before) => before + 1);

  const load = async () => {
    generation += 1;
    const mine = generation;
    early = [];
    tailOnItsWay = false;
    filled.clear();
    setLoading(true);
    setError(undefined);
    setTailError(undefined);
    try {
      const first = await fetchBehind(toQuery(filter()), null);
      if (mine !== generation) return;
      rows.clear();
      rows.append(first.rows, first.more);
      seen = first.revision;
      pending.clear();
      const came = early;
      setLoading(false);
      for (const stored of came) take(stored, true, false);
      advance(came);
      changed();
      if (came.length > EARLY_MAX) void load();
    } catch (problem) {
      if (mine !== generation) return;
      rows.clear();
      setLoading(false);
      setError(problem);
      changed();
    }
  };

  const loadTail = async () => {
    if (tailOnItsWay || !rows.more || loading()) return;
    tailOnItsWay = true;
    const mine = generation;
    setTailError(undefined);
    try {
      const from = rows.end;
      const next = await fetchBehind(toQuery(filter()), from);
      if (mine !== generation || rows.end !== from) return;
      rows.append(next.rows, next.more);
      rows.trim(looked.first, looked.last);
      changed();
    } catch (problem) {
      if (mine === generation) setTailError(problem);
    } finally {
      if (mine === generation) tailOnItsWay = false;
    }
  };

  const refill = async (page: Page) => {
    if (filled.has(page)) return;
    filled.add(page);
    const mine = generation;
    try {
      const again = await fetchBehind(toQuery(filter()), page.behind, page.last);
      if (mine !== generation) return;
      rows.fill(page, again.rows);
      rows.trim(looked.first, looked.last);
      changed();
    } catch (problem) {
      if (mine === generation) setTailError(problem);
    } finally {
      filled.delete(page);
    }
  };

  const take = (stored: StoredAlert, fresh: boolean, hold: boolean) => {
    const matches = lets(filter(), stored);
    const removed = settle(rows, pending, { stored, matches, fresh, hold });
    if (removed >= 0 && removed < looked.first) removedAbove(1);
  };

  const batch = ({ alerts, fresh }: Batch) => {
    if (loading()) {
      early = early.concat(alerts).slice(0, EARLY_MAX + 1);
      return;
    }
    const hold = holding();
    for (const stored of alerts) take(stored, fresh.has(stored.position), hold);
    if (pending.count() === 0) advance(alerts);
    rows.trim(looked.first, looked.last);
    changed();
  };
  const advance = (alerts: readonly StoredAlert[]) => {
    for (const stored of alerts) seen = Math.max(seen, stored.revision);
  };

  const show = () => {
    if (pending.count() === 0) return;
    if (pending.overflown() || !rows.hasHead) {
      void load();
      return;
    }
    const came = pending.all();
    pending.clear();
    for (const stored of came) rows.put(stored);
    advance(came);
    rows.trim(looked.first, looked.last);
    changed();
  };

  onCleanup(live.listen({ batch, reset: () => void load() }));
  createEffect(on(filter, () => void load()));
  createEffect(
    on(holding, (held) => {
      if (!held) show();
    }),
  );

  const current = <T>(read: () => T): T => {
    version();
    return read();
  };
  return {
    size: () => current(() => rows.size),
    at: (index) => current(() => rows.at(index)),
    indexOf: (key) => current(() => rows.indexOf(key)),
    more: () => current(() => rows.more),
    loading,
    error,
    tailError,
    pending: pending.count,
    paused,
    pause: setPaused,
    reading: setRead,
    show,
    reload: () => void load(),
    see(first, last) {
      looked = { first, last };
      if (loading() || tailError()) return;
      for (const page of rows.dropped(first, last)) void refill(page);
      if (last + AHEAD >= rows.size) void loadTail();
    },
    seen: () => seen,
  };
}
