/** The latest alerts that matter most, kept current by what the server pushes. */
import { type Accessor, createEffect, createSignal, on, onCleanup } from 'solid-js';
import * as api from '../../api/client';
import type { StoredAlert } from '../../api/types';
import type { Live } from '../../live/live';

/** How many are shown, and how many more are held so that the list stays full when some go away. */
export const SHOWN = 12;
const HELD = 40;

export interface Latest {
  /** The newest first; nothing until they are loaded. */
  alerts: Accessor<readonly StoredAlert[] | undefined>;
  error: Accessor<unknown>;
  again: () => void;
}

/** Follows CRITICAL and HIGH alerts that are neither archived nor suppressed. */
export function followLatest(live: Live): Latest {
  const [alerts, setAlerts] = createSignal<readonly StoredAlert[]>();
  const [error, setError] = createSignal<unknown>();

  const load = async () => {
    setError(undefined);
    try {
      const list = await api.alerts({ severity: ['critical', 'high'], limit: HELD });
      setAlerts((before) => merge(list.alerts, sameOrNewer(before ?? [], list.alerts)));
    } catch (thrown) {
      setError(thrown);
    }
  };
  onCleanup(
    live.listen({
      batch: (batch) => {
        const before = alerts();
        if (!before) return;
        const after = merge(before, batch.alerts);
        setAlerts(after);
        if (before.length >= SHOWN && after.length < SHOWN) void load();
      },
      reset: () => void load(),
    }),
  );
  void load();
  createEffect(on(live.state, (state) => state === 'live' && error() && load(), { defer: true }));
  return { alerts, error, again: () => void load() };
}

/** What of `held` is there in `loaded` too, but older there: pushed while it was loaded. */
function sameOrNewer(held: readonly StoredAlert[], loaded: readonly StoredAlert[]): StoredAlert[] {
  const revisions = new Map(loaded.map((stored) => [stored.position, stored.revision]));
  const newest = Math.max(0, ...revisions.values());
  return held.filter((stored) => stored.revision > (revisions.get(stored.position) ?? newest));
}

/** `held` with what changed, the newest first, and no more than are held. */
export function merge(
  held: readonly StoredAlert[],
  changed: readonly StoredAlert[],
): readonly StoredAlert[] {
  const news = new Map(changed.map((stored) => [stored.position, stored]));
  const rest = held.filter((stored) => !news.has(stored.position));
  const all = [...rest, ...[...news.values()].filter(matters)];
  all.sort(
    (a, b) =>
      Date.parse(b.alert.timestamp) - Date.parse(a.alert.timestamp) || b.position - a.position,
  );
  return all.slice(0, HELD);
}

const matters = ({ alert, archived, suppressed_by }: StoredAlert): boolean =>
  (alert.severity === 'CRITICAL' || alert.severity === 'HIGH') &&
  !archived &&
  suppressed_by === null;
