/** Counts by severity, and what charts need to know of them. */
import { SEVERITIES, type Severity, type SeverityCounts } from '../../api/types';
import { count } from '../number';

export const NONE: Readonly<SeverityCounts> = { low: 0, medium: 0, high: 0, critical: 0 };

const KEY: Record<Severity, keyof SeverityCounts> = {
  CRITICAL: 'critical',
  HIGH: 'high',
  MEDIUM: 'medium',
  LOW: 'low',
};

/** How many of `counts` are of this severity. */
export const countOf = (counts: SeverityCounts, level: Severity): number => counts[KEY[level]];

/** The same counts but for one severity. */
export const withCount = (
  counts: SeverityCounts,
  level: Severity,
  number: number,
): SeverityCounts => ({ ...counts, [KEY[level]]: number });

export const total = (counts: SeverityCounts): number =>
  counts.low + counts.medium + counts.high + counts.critical;

export const sum = (all: readonly SeverityCounts[]): SeverityCounts =>
  all.reduce(
    (sum, next) => ({
      low: sum.low + next.low,
      medium: sum.medium + next.medium,
      high: sum.high + next.high,
      critical: sum.critical + next.critical,
    }),
    NONE,
  );

/** `2 CRITICAL, 1 LOW`, the worst first; `none` where there are none. */
export function words(counts: SeverityCounts): string {
  const some = SEVERITIES.filter((level) => countOf(counts, level) > 0);
  if (some.length === 0) return 'none';
  return some.map((level) => `${count(countOf(counts, level))} ${level}`).join(', ');
}

/** A piece of a stacked bar: where it begins and how long it is, in what the counts count. */
export interface Piece {
  level: Severity;
  from: number;
  size: number;
}

/** The severities stacked, the worst at the base: there it is never lifted by what matters less. */
export function stack(counts: SeverityCounts): Piece[] {
  let from = 0;
  return SEVERITIES.map((level) => {
    const size = countOf(counts, level);
    const piece = { level, from, size };
    from += size;
    return piece;
  });
}

/**
 * A round number to end an axis with, not less than `most`, whose half is as round.
 *
 * @param least where an axis ends at least: counts have no half of one
 */
export function ceiling(most: number, least = 2): number {
  if (most <= least) return least;
  const size = 10 ** Math.floor(Math.log10(most));
  const step = [1, 2, 4, 6, 8, 10].find((step) => step * size >= most) ?? 10;
  return step * size;
}
