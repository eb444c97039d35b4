/** Stretches of time that a chart has a column for. */
import type { MinuteCounts, SeverityCounts } from '../../api/types';
import { EVERYTHING, toSearch } from '../../state/filter';
import { sum } from './series';

export interface Slot {
  /** When it begins. */
  at: string;
  /** When the next one begins. */
  until: string;
  minutes: number;
  counts: SeverityCounts;
  /** Where its alerts are. */
  href: string;
}

/** Puts `size` minutes each into one slot. The newest slot is whole, the oldest one may not be. */
export function slots(minutes: readonly MinuteCounts[], size: number): Slot[] {
  const all: Slot[] = [];
  for (let end = minutes.length; end > 0; end -= size) {
    const part = minutes.slice(Math.max(0, end - size), end);
    const at = part[0]?.minute ?? '';
    const until = new Date(Date.parse(at) + part.length * 60_000).toISOString();
    const since = new Date(at).toISOString();
    all.push({
      at,
      until,
      minutes: part.length,
      counts: sum(part.map((minute) => minute.alerts)),
      href: `/feed${toSearch({ ...EVERYTHING, since, until })}`,
    });
  }
  return all.reverse();
}
