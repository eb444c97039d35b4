/** What somebody has acknowledged of the last hour: the timeline alone does not tell. */
import { type Accessor, createEffect, createSignal, on, onCleanup } from 'solid-js';
import * as api from '../../api/client';
import type { StoredAlert } from '../../api/types';
import type { Live } from '../../live/live';
import type { Handled } from '../../state/threat';

const HOUR_MS = 3_600_000;
/** As many as are held at most. With more, the score falls back on the number of open alerts. */
const HELD_MAX = 500;

/** Follows acknowledgements, and those that are taken back. */
export function followHandled(live: Live): Accessor<readonly Handled[]> {
  const [handled, setHandled] = createSignal<readonly Handled[]>([]);
  let held = new Map<number, Handled>();
  let loaded = false;

  const take = (stored: StoredAlert) => {
    const counts =
      stored.acknowledged_by !== null && !stored.archived && stored.suppressed_by === null;
    const { timestamp, severity } = stored.alert;
    if (counts) held.set(stored.position, { timestamp, severity });
    else held.delete(stored.position);
  };
  const show = () => {
    const since = Date.now() - 2 * HOUR_MS;
    const recent = [...held].filter(([, { timestamp }]) => Date.parse(timestamp) >= since);
    held = new Map(recent.slice(-HELD_MAX));
    setHandled([...held.values()]);
  };
  const load = async () => {
    try {
      const list = await api.alerts({ acknowledged: true, since: '60m', limit: HELD_MAX });
      held = new Map();
      loaded = true;
      for (const stored of list.alerts) take(stored);
      show();
    } catch {
      // The score is then counted by the number of open alerts alone, which is never too low.
    }
  };

  onCleanup(
    live.listen({
      batch: ({ alerts }) => {
        const before = held.size;
        const known = alerts.some((stored) => held.has(stored.position));
        for (const stored of alerts) take(stored);
        if (known || held.size !== before) show();
      },
      reset: () => void load(),
    }),
  );
  void load();
  createEffect(on(live.state, (state) => state === 'live' && !loaded && load(), { defer: true }));
  return handled;
}
