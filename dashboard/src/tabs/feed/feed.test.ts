import { createRoot, createSignal } from 'solid-js';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import * as api from '../../api/client';
import { Problem } from '../../api/problem';
import type { StoredAlert } from '../../api/types';
import { EVERYTHING, type Filter } from '../../state/filter';
import { fakeLive } from '../../testing/pushing';
import { sample, samples } from '../../testing/samples';
import { createFeed, type Feed } from './feed';
import { PENDING_MAX } from './pending';

vi.mock('../../api/client');
const asked = vi.mocked(api.alerts);

let store: StoredAlert[];
let live: ReturnType<typeof fakeLive>;
let feed: Feed;
let dispose: () => void;
const [filter, setFilter] = createSignal<Filter>(EVERYTHING);
const removedAbove = vi.fn();

const push = (...alerts: StoredAlert[]) =>
  live.push({ alerts, fresh: new Set(alerts.map((one) => one.position)) });
const change = (...alerts: StoredAlert[]) => live.push({ alerts, fresh: new Set() });
const shown = () =>
  Array.from({ length: feed.size() }, (_, index) => feed.at(index)?.position ?? null);
const settled = () => vi.waitFor(() => expect(feed.loading()).toBe(false));

beforeEach(async () => {
  store = samples(5, 1);
  asked.mockReset().mockImplementation(async ({ until, limit }) => {
    const most = limit ?? 100;
    const found = store.filter((one) => !until || one.alert.timestamp < until);
    const next = found.length > most ? 'more' : null;
    return { alerts: found.slice(0, most), next, revision: store[0]?.revision ?? 0 };
  });
  removedAbove.mockReset();
  setFilter(EVERYTHING);
  live = fakeLive();
  dispose = createRoot((end) => {
    feed = createFeed(filter, live, removedAbove);
    return end;
  });
  await settled();
});
afterEach(() => dispose());

it('shows what is there, and what comes on top', () => {
  expect(shown()).toEqual([5, 4, 3, 2, 1]);
  push(sample(7), sample(6));
  expect(shown()).toEqual([7, 6, 5, 4, 3, 2, 1]);
  expect(feed.seen()).toBe(7);
});

it('leaves out what the filter does not let through, and takes it out when that changes', async () => {
  setFilter({ ...EVERYTHING, acknowledged: false });
  await settled();
  push(sample(6, { acknowledged_by: 'ann' }), sample(7));
  change(sample(3, { revision: 8, acknowledged_by: 'ann' }));
  expect(shown()).toEqual([7, 5, 4, 2, 1]);
  change(sample(4, { revision: 9, comments: 3 }));
  expect(feed.at(2)?.comments).toBe(3);
});

it('counts while somebody reads, and shows when asked', () => {
  feed.reading(true);
  push(sample(6), sample(7));
  change(sample(7, { revision: 8, archived: true }));
  expect(shown()).toEqual([5, 4, 3, 2, 1]);
  expect(feed.pending()).toBe(1);
  // What was not shown is not among what a triage of everything takes.
  expect(feed.seen()).toBe(5);
  // Changes of what is shown come through.
  change(sample(5, { revision: 9, comments: 1 }));
  expect(feed.at(0)?.comments).toBe(1);
  expect(feed.seen()).toBe(5);
  feed.show();
  expect(shown()).toEqual([6, 5, 4, 3, 2, 1]);
  expect(feed.pending()).toBe(0);
});

it('goes on by itself at the top, unless it was paused', () => {
  feed.reading(true);
  push(sample(6));
  feed.reading(false);
  expect(shown()[0]).toBe(6);
  feed.pause(true);
  feed.reading(true);
  push(sample(7));
  feed.reading(false);
  expect(feed.pending()).toBe(1);
  feed.pause(false);
  expect(shown()[0]).toBe(7);
});

it('keeps few of those that wait, and loads anew for many', async () => {
  feed.pause(true);
  const came = samples(PENDING_MAX + 100, 6).reverse();
  push(...came);
  expect(feed.pending()).toBe(came.length);
  store = samples(PENDING_MAX + 100, 1);
  feed.pause(false);
  await settled();
  expect(shown()[0]).toBe(PENDING_MAX + 100);
  expect(feed.size()).toBe(100);
  expect(feed.pending()).toBe(0);
});

it('tells of rows removed above those looked at', () => {
  feed.see(3, 4);
  change(sample(5, { revision: 6, archived: true }));
  expect(removedAbove).toHaveBeenCalledWith(1);
  removedAbove.mockReset();
  change(sample(1, { revision: 7, archived: true }));
  expect(removedAbove).not.toHaveBeenCalled();
});

it('loads older ones as they are scrolled to', async () => {
  store = samples(350, 1);
  feed.reload();
  await settled();
  expect(feed.size()).toBe(100);
  feed.see(70, 99);
  await vi.waitFor(() => expect(feed.size()).toBeGreaterThan(100));
  // The last one there was is asked for again, and left out.
  expect(feed.size()).toBe(199);
  expect(feed.at(198)?.position).toBe(152);
  expect(feed.more()).toBe(true);
});

it('does not lose what comes while it loads', async () => {
  let give: () => void = () => undefined;
  asked.mockImplementationOnce(
    () =>
      new Promise((resolve) => {
        give = () => resolve({ alerts: samples(5, 1), next: null, revision: 5 });
      }),
  );
  live.reset();
  push(sample(6));
  change(sample(4, { revision: 7, comments: 2 }));
  give();
  await settled();
  expect(shown()).toEqual([6, 5, 4, 3, 2, 1]);
  expect(feed.at(2)?.comments).toBe(2);
});

it('shows the answer to the last filter, whichever comes last', async () => {
  const gives: (() => void)[] = [];
  asked.mockImplementation(
    ({ q }) =>
      new Promise((resolve) => {
        const alerts = q === 'new' ? [sample(2)] : [sample(1)];
        gives.push(() => resolve({ alerts, next: null, revision: 1 }));
      }),
  );
  setFilter({ ...EVERYTHING, text: 'old' });
  setFilter({ ...EVERYTHING, text: 'new' });
  gives[1]?.();
  await settled();
  gives[0]?.();
  await Promise.resolve();
  expect(shown()).toEqual([2]);
});

it('says why nothing can be shown', async () => {
  asked.mockRejectedValueOnce(new Problem(0, 'unreachable', 'no'));
  feed.reload();
  await settled();
  expect(feed.error()).toBeInstanceOf(Problem);
  feed.reload();
  await settled();
  expect(feed.error()).toBeUndefined();
  expect(feed.size()).toBe(5);
});
