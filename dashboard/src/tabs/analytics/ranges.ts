/** Ranges of time that can be looked at. The choice is part of the address. */
export interface Range {
  /** As the API and the address have it. */
  since: '1h' | '6h' | '24h' | '7d';
  name: string;
  /** Minutes that the chart over time shows; the server tells of a day at most. */
  minutes: number;
  /** Minutes that one point of it stands for. */
  step: number;
}

const DAY = 1440;

export const RANGES: readonly [Range, ...Range[]] = [
  { since: '1h', name: '1 hour', minutes: 60, step: 1 },
  { since: '6h', name: '6 hours', minutes: 360, step: 5 },
  { since: '24h', name: '24 hours', minutes: DAY, step: 15 },
  { since: '7d', name: '7 days', minutes: DAY, step: 15 },
];
const USUAL = RANGES[2] ?? RANGES[0];

/** The range that an address names; the usual one where it names none that there is. */
export function rangeOf(search: string): Range {
  const since = new URLSearchParams(search).get('range');
  return RANGES.find((range) => range.since === since) ?? USUAL;
}

/** Whether the chart over time shows less than the range. */
export const isCut = (range: Range): boolean => range.since === '7d';
