import { expect, test } from 'vitest';
import { ceiling, NONE, stack, sum, words } from './series';

test('counts are told in words, the worst first', () => {
  expect(words({ low: 1, medium: 0, high: 0, critical: 1200 })).toBe('1,200 CRITICAL, 1 LOW');
  expect(words(NONE)).toBe('none');
});

test('counts are summed by severity', () => {
  const one = { low: 1, medium: 2, high: 3, critical: 4 };
  expect(sum([one, one])).toEqual({ low: 2, medium: 4, high: 6, critical: 8 });
  expect(sum([])).toEqual(NONE);
});

test('the worst is at the base of a stack', () => {
  const pieces = stack({ low: 5, medium: 0, high: 2, critical: 1 });
  expect(pieces.map(({ level, from, size }) => [level, from, size])).toEqual([
    ['CRITICAL', 0, 1],
    ['HIGH', 1, 2],
    ['MEDIUM', 3, 0],
    ['LOW', 3, 5],
  ]);
});

test.each([
  [0, 2],
  [1, 2],
  [3, 4],
  [10, 10],
  [11, 20],
  [61, 80],
  [199, 200],
  [12_001, 20_000],
])('an axis for %d ends at %d', (most, end) => {
  expect(ceiling(most)).toBe(end);
});

test('an axis of rates may end below one', () => {
  expect(ceiling(0.13, 0.1)).toBeCloseTo(0.2);
});
