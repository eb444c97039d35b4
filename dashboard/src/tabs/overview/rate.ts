import type { MinuteCounts } from '../../api/types';
import { total } from '../../ui/charts/series';

/**
 * Alerts of the last 60 seconds, about: those of this minute, and of the minute before as large a part
 * as is still within. `now` is the browser's clock, of which only the seconds count.
 */
export function perMinute(timeline: readonly MinuteCounts[], now: number): number {
  const at = (index: number) => {
    const minute = timeline.at(index);
    return minute ? total(minute.alerts) : 0;
  };
  return at(-1) + at(-2) * (1 - (now % 60_000) / 60_000);
}
