import { beforeEach, expect, it, vi } from 'vitest';
import * as api from '../../api/client';
import type { StoredAlert } from '../../api/types';
import { sample, samples } from '../../testing/samples';
import { fetchBehind } from './fetch';
import { keyOf } from './key';

vi.mock('../../api/client');
const asked = vi.mocked(api.alerts);
const answer = (alerts: StoredAlert[], next: string | null = null) =>
  asked.mockResolvedValueOnce({ alerts, next, revision: 40 });
beforeEach(() => asked.mockReset());

it('takes the newest page', async () => {
  answer(samples(9, 5), 'on');
  const found = await fetchBehind({ q: 'x' }, null);
  expect(found).toEqual({ rows: samples(9, 5), more: true, revision: 40 });
  expect(asked.mock.calls[0]?.[0]).toEqual({ q: 'x', limit: 100 });
});

it('goes on behind an alert, also among those of the same nanosecond', async () => {
  const timestamp = sample(5).alert.timestamp;
  const twin = (position: number) => sample(position, { alert: { timestamp } });
  answer([twin(8), twin(7), twin(6), sample(4)]);
  const found = await fetchBehind({}, keyOf(twin(7)));
  expect(found.rows.map((one) => one.position)).toEqual([6, 4]);
  expect(found.more).toBe(false);
  expect(asked.mock.calls[0]?.[0].until).toBe('2026-01-01T00:00:05.000000001Z');
});

it('asks on while all that comes is there already', async () => {
  answer([sample(5)], 'on');
  answer([sample(4)]);
  const found = await fetchBehind({}, keyOf(sample(5)));
  expect(found.rows.map((one) => one.position)).toEqual([4]);
  expect(asked.mock.calls[1]?.[0].cursor).toBe('on');
});

it('takes a stretch up to its end, however many there are now', async () => {
  answer(samples(9, 7), 'on');
  answer(samples(6, 3), 'on too');
  const found = await fetchBehind({}, null, keyOf(sample(5)));
  expect(found.rows.map((one) => one.position)).toEqual([9, 8, 7, 6, 5]);
});
