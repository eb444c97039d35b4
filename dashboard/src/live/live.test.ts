import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import * as api from '../api/client';
import { Problem } from '../api/problem';
import type { LiveMessage, StoredAlert } from '../api/types';
import { sample } from '../testing/samples';
import { BATCH_MS, type Batch, follow, type Live } from './live';
import type { Heard } from './socket';

vi.mock('../api/client');
let socket: Heard;
vi.mock('./socket', () => ({
  stayConnected: (heard: Heard) => {
    socket = heard;
    return () => undefined;
  },
}));

const signedOut = vi.fn();
const batches: Batch[] = [];
const resets = vi.fn();
let live: Live;

const hear = (message: LiveMessage) => socket.message(message);
const hello = (revision: number) => hear({ type: 'hello', revision });
const tell = (alert: StoredAlert, isNew = true) => hear({ type: 'alert', new: isNew, alert });
const pass = () => vi.advanceTimersByTimeAsync(BATCH_MS);
const changed = (...alerts: StoredAlert[]) => {
  const revision = Math.max(0, ...alerts.map((one) => one.revision));
  vi.mocked(api.changes).mockResolvedValueOnce({ alerts, revision, more: false });
};

beforeEach(() => {
  vi.useFakeTimers();
  vi.mocked(api.changes).mockReset();
  vi.mocked(api.me).mockReset().mockResolvedValue({ name: 'ann', role: 'viewer', token: false });
  signedOut.mockReset();
  resets.mockReset();
  batches.length = 0;
  live = follow(signedOut);
  live.listen({ batch: (batch) => batches.push(batch), reset: resets });
});
afterEach(() => {
  live.stop();
  vi.useRealTimers();
});

it('passes alerts on in batches, each once and as it is now', async () => {
  hello(10);
  expect(live.state()).toBe('live');
  tell(sample(11));
  tell(sample(12));
  tell(sample(11, { revision: 13, comments: 1 }), false);
  expect(batches).toEqual([]);
  await pass();
  expect(batches).toHaveLength(1);
  expect(batches[0]?.alerts.map((one) => [one.position, one.revision])).toEqual([
    [12, 12],
    [11, 13],
  ]);
  expect(batches[0]?.fresh).toEqual(new Set([11, 12]));
});

it('does not take old alerts for new ones when people change them', async () => {
  hello(10);
  changed(sample(3, { revision: 11 }));
  hear({ type: 'changed', revision: 11 });
  await pass();
  changed(sample(8, { revision: 12 }));
  hear({ type: 'changed', revision: 12 });
  await pass();
  expect(batches.map((batch) => batch.fresh.size)).toEqual([0, 0]);
});

it('catches up after a break before it is live again, and knows what is new', async () => {
  hello(10);
  tell(sample(11));
  await pass();
  socket.lost();
  expect(live.state()).toBe('lost');
  // In the order of their revisions: the newest place comes first.
  changed(sample(4, { revision: 12 }), sample(13, { revision: 13 }), sample(12, { revision: 14 }));
  hello(14);
  expect(live.state()).toBe('lost');
  await pass();
  expect(live.state()).toBe('live');
  expect([...(batches[1]?.fresh ?? [])]).toEqual([13, 12]);
});

it('tries again when catching up fails, and does not call itself live meanwhile', async () => {
  hello(10);
  socket.lost();
  vi.mocked(api.changes).mockRejectedValueOnce(new Problem(500, 'internal', 'no'));
  hello(12);
  await pass();
  expect(live.state()).toBe('lost');
  changed(sample(12));
  await vi.advanceTimersByTimeAsync(3_000);
  expect(live.state()).toBe('live');
});

it('is not live because a request went through while the socket is gone', async () => {
  hello(10);
  let give: () => void = () => undefined;
  vi.mocked(api.changes).mockImplementationOnce(
    () =>
      new Promise((resolve) => {
        give = () => resolve({ alerts: [], revision: 12, more: false });
      }),
  );
  socket.lost();
  hello(12);
  socket.lost();
  give();
  await pass();
  expect(live.state()).toBe('lost');
});

it('loads anew when the server lost its store', () => {
  hello(100);
  hello(3);
  expect(resets).toHaveBeenCalledOnce();
  expect(live.state()).toBe('live');
});

it('tells when the session is over', async () => {
  hello(10);
  vi.mocked(api.me).mockRejectedValueOnce(new Problem(401, 'unauthorized', 'no'));
  socket.lost();
  await pass();
  expect(signedOut).toHaveBeenCalledOnce();
});

it('fetches from where the server stopped telling', async () => {
  hello(10);
  tell(sample(11));
  changed(sample(12));
  hear({ type: 'resync', after: 11 });
  await pass();
  expect(vi.mocked(api.changes)).toHaveBeenCalledWith(11);
});
