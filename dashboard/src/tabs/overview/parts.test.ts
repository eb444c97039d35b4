import { expect, test } from 'vitest';
import { merge } from './latest';
import { losses } from './loss';
import { madeAgent, madeAlert, madeHour } from './made';
import { perMinute } from './rate';

test('the latest are the newest by their own time, and no more than are held', () => {
  const held = [madeAlert(2, 'HIGH'), madeAlert(1, 'CRITICAL')];
  const merged = merge(held, [madeAlert(9, 'HIGH', {}, 0), madeAlert(3, 'MEDIUM')]);
  expect(merged.map((stored) => stored.position)).toEqual([2, 1, 9]);
  const many = Array.from({ length: 500 }, (_, index) => madeAlert(index, 'HIGH'));
  expect(merge(held, many)).toHaveLength(40);
  expect(merge(held, many)[0]?.position).toBe(499);
});

test('what was archived or suppressed leaves the latest', () => {
  const held = [madeAlert(2, 'HIGH'), madeAlert(1, 'CRITICAL')];
  const gone = [
    madeAlert(2, 'HIGH', { archived: true }),
    madeAlert(1, 'HIGH', { suppressed_by: 4 }),
  ];
  expect(merge(held, gone)).toEqual([]);
});

test('loss is what was lost of what was received, and the worst agent is named', () => {
  const all = losses([
    madeAgent('good', 1000, 0),
    madeAgent('bad', 1000, 100),
    { ...madeAgent('gone', 1, 999), online: false },
    { ...madeAgent('mute', 0, 0), heartbeat: null },
  ]);
  expect(all).toMatchObject({ lost: 100, received: 2000, share: 0.05, agents: 2 });
  expect(all.worst).toMatchObject({ share: 0.1, agent: { hostname: 'bad' } });
  expect(losses([])).toMatchObject({ lost: 0, received: 0, share: 0, worst: undefined });
});

test('the rate is that of the last 60 seconds, about', () => {
  const hour = madeHour({ high: 4 });
  const before = hour[58];
  if (before) hour[58] = { ...before, alerts: { ...before.alerts, low: 6 } };
  expect(perMinute(hour, Date.UTC(2026, 0, 2, 3, 59, 0))).toBe(10);
  expect(perMinute(hour, Date.UTC(2026, 0, 2, 3, 59, 45))).toBe(5.5);
  expect(perMinute([], 0)).toBe(0);
});
