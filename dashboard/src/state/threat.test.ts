import { expect, test } from 'vitest';
import type { MinuteCounts, SeverityCounts } from '../api/types';
import { NONE } from '../ui/charts/series';
import { FORMULA, LEVELS, threat, unacknowledged } from './threat';

const END = Date.UTC(2026, 0, 2, 4, 0);
const at = (age: number) => new Date(END - age * 60_000).toISOString();

/** An hour with these alerts, by their age in minutes. */
function hour(alerts: Record<number, Partial<SeverityCounts>>): MinuteCounts[] {
  return Array.from({ length: 60 }, (_, index) => {
    const age = 59 - index;
    return { minute: at(age), alerts: { ...NONE, ...alerts[age] } };
  });
}
const level = (alerts: Record<number, Partial<SeverityCounts>>) => threat(hour(alerts)).level;

test('an hour without alerts is normal', () => {
  expect(threat(hour({}))).toMatchObject({ level: 'NORMAL', score: 0, part: 0, held: false });
  expect(threat([]).level).toBe('NORMAL');
});

test('one alert has the level that the documentation tells, as long as it tells', () => {
  expect(level({ 0: { low: 1 } })).toBe('NORMAL');
  expect(level({ 15: { medium: 1 } })).toBe('ELEVATED');
  expect(level({ 16: { medium: 1 } })).toBe('NORMAL');
  expect(level({ 15: { high: 1 } })).toBe('MODERATE');
  expect(level({ 16: { high: 1 } })).toBe('ELEVATED');
  expect(level({ 0: { high: 6 } })).toBe('CRITICAL');
  expect(level({ 0: { critical: 3 } })).toBe('CRITICAL');
});

test('a fresh CRITICAL alert is at least HIGH', () => {
  const late = threat(hour({ 14: { critical: 1 } }));
  expect(late.score).toBeLessThan(8);
  expect(late).toMatchObject({ level: 'HIGH', held: true });
  expect(level({ 15: { critical: 1 } })).toBe('MODERATE');
  expect(threat(hour({ 0: { critical: 1 } }))).toMatchObject({ level: 'HIGH', held: false });
});

test('the score halves every quarter of an hour, and is made of its shares', () => {
  const now = threat(hour({ 0: { high: 2, medium: 1 } }));
  const later = threat(hour({ 30: { high: 2, medium: 1 } }));
  expect(now.score).toBe(9);
  expect(later.score).toBeCloseTo(2.25);
  expect(now.shares).toContainEqual({ severity: 'HIGH', alerts: 2, points: 8 });
  expect(now.shares.reduce((sum, share) => sum + share.points, 0)).toBe(now.score);
});

test('the hand stands in the segment of the level, and grows with the score', () => {
  let before = -1;
  for (const high of [0, 1, 2, 3, 6, 20, 1_000_000]) {
    const { part, index } = threat(hour({ 0: { high } }));
    expect(part).toBeGreaterThanOrEqual(index / LEVELS.length);
    expect(part).toBeLessThanOrEqual((index + 1) / LEVELS.length);
    expect(part).toBeGreaterThanOrEqual(before);
    before = part;
  }
  expect(before).toBe(1);
});

test('what somebody has acknowledged is taken from its minute', () => {
  const left = unacknowledged(
    hour({ 3: { critical: 1 }, 40: { critical: 2 } }),
    { ...NONE, critical: 9 },
    [{ timestamp: at(3), severity: 'CRITICAL' }],
  );
  expect(left.filter((minute) => minute.alerts.critical > 0)).toEqual([
    { minute: at(40), alerts: { ...NONE, critical: 2 } },
  ]);
});

test('no more than are unacknowledged in all are left, the newest', () => {
  const open = { ...NONE, high: 3 };
  const left = unacknowledged(hour({ 1: { high: 2, low: 5 }, 9: { high: 2 } }), open, []);
  expect(left.at(-2)?.alerts).toEqual({ ...NONE, high: 2 });
  expect(left.at(-10)?.alerts).toEqual({ ...NONE, high: 1 });
  expect(threat(unacknowledged(hour({ 0: { critical: 5 } }), NONE, [])).level).toBe('NORMAL');
});

test('the formula is told with its numbers', () => {
  expect(FORMULA.join(' ')).toContain('CRITICAL 10, HIGH 4, MEDIUM 1, LOW 0.2');
  expect(FORMULA.join(' ')).toContain('HIGH from 8, CRITICAL from 24');
});
