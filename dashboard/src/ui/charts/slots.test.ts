import { expect, test } from 'vitest';
import { NONE } from './series';
import { slots } from './slots';

const minutes = (number: number) =>
  Array.from({ length: number }, (_, index) => ({
    minute: new Date(Date.UTC(2026, 0, 2, 3, index)).toISOString(),
    alerts: { ...NONE, low: 1, high: index },
  }));

test('a minute becomes a link to its alerts', () => {
  const [first] = slots(minutes(1), 1);
  expect(first?.until).toBe('2026-01-02T03:01:00.000Z');
  expect(first?.href).toBe(
    '/feed?since=2026-01-02T03%3A00%3A00.000Z&until=2026-01-02T03%3A01%3A00.000Z',
  );
});

test('minutes are put together from the newest on', () => {
  const made = slots(minutes(7), 3);
  expect(made.map((slot) => [slot.minutes, slot.counts.low, slot.counts.high])).toEqual([
    [1, 1, 0],
    [3, 3, 1 + 2 + 3],
    [3, 3, 4 + 5 + 6],
  ]);
  expect(made.at(-1)?.until).toBe('2026-01-02T03:07:00.000Z');
  expect(made[0]?.until).toBe(made[1]?.at);
});

test('nothing makes no slots', () => {
  expect(slots([], 5)).toEqual([]);
});
