import { expect, test } from 'vitest';
import { isCut, RANGES, rangeOf } from './ranges';

test('the range is that of the address, and a day where it names none', () => {
  expect(rangeOf('?range=6h').name).toBe('6 hours');
  expect(rangeOf('').since).toBe('24h');
  expect(rangeOf('?range=__proto__').since).toBe('24h');
});

test('the server is never asked for more than a day of minutes, in whole points', () => {
  for (const range of RANGES) {
    expect(range.minutes).toBeLessThanOrEqual(1440);
    expect(range.minutes % range.step).toBe(0);
    expect(range.minutes / range.step).toBeLessThanOrEqual(96);
  }
  expect(RANGES.filter(isCut).map((range) => range.since)).toEqual(['7d']);
});
