/** Where an alert stands in lists: the newest first, as the server orders them. */
import type { StoredAlert } from '../../api/types';

export interface Key {
  /** As alerts write it: in UTC, with nine digits after the second, so texts compare as times do. */
  timestamp: string;
  position: number;
}

export const keyOf = (stored: StoredAlert): Key => ({
  timestamp: stored.alert.timestamp,
  position: stored.position,
});

/** Negative where `a` stands before `b`, 0 where they are the same, positive where it stands behind. */
export function order(a: Key, b: Key): number {
  if (a.timestamp !== b.timestamp) return a.timestamp > b.timestamp ? -1 : 1;
  return b.position - a.position;
}

/** The nanosecond after `timestamp`: for asking what came before it or in it. */
export function justAfter(timestamp: string): string {
  const parts = /^(.*)\.(\d{9})Z$/.exec(timestamp);
  const next = Number(parts?.[2]) + 1;
  if (parts && next < 1e9) return `${parts[1]}.${String(next).padStart(9, '0')}Z`;
  return new Date(Math.floor(Date.parse(timestamp) / 1000) * 1000 + 1000).toISOString();
}

/** The first index from which on `behind` holds; it must hold for all that come after one. */
export function firstIndex(length: number, behind: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (behind(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
