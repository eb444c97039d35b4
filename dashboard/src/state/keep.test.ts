import { createRoot, createSignal } from 'solid-js';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Listener, Live, LiveState } from '../live/live';
import { type Kept, keep } from './keep';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** Something kept, with what decides about it. */
function kept(fetch: (source: string) => Promise<string>) {
  const [source, setSource] = createSignal('a');
  const listeners = new Set<Listener>();
  const [state, setState] = createSignal<LiveState>('live');
  const live = {
    state,
    listen: (listener: Listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  } as unknown as Live;
  let made: Kept<string> | undefined;
  const dispose = createRoot((dispose) => {
    made = keep(source, fetch, { every: 60_000, live, atMost: 10_000 });
    return dispose;
  });
  const batch = () => {
    for (const listener of listeners) listener.batch({ alerts: [], fresh: new Set() });
  };
  return { kept: made as Kept<string>, setSource, setState, batch, dispose, listeners };
}

test('it asks now, in its rhythm, and not after it is gone', async () => {
  const fetch = vi.fn(async (source: string) => source);
  const it = kept(fetch);
  await vi.advanceTimersByTimeAsync(0);
  expect(it.kept.value()).toBe('a');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(fetch).toHaveBeenCalledTimes(2);
  it.dispose();
  expect(it.listeners.size).toBe(0);
  await vi.advanceTimersByTimeAsync(300_000);
  expect(fetch).toHaveBeenCalledTimes(2);
});

test('many batches make it ask once in ten seconds', async () => {
  const fetch = vi.fn(async (source: string) => source);
  const it = kept(fetch);
  for (let tick = 0; tick < 99; tick += 1) {
    it.batch();
    await vi.advanceTimersByTimeAsync(200);
  }
  expect(fetch).toHaveBeenCalledTimes(2);
  it.dispose();
});

test('what was known stays when it can not be asked for', async () => {
  const fetch = vi.fn(async (source: string) => source);
  const it = kept(fetch);
  await vi.advanceTimersByTimeAsync(0);
  fetch.mockRejectedValueOnce(new Error('gone'));
  it.kept.again();
  await vi.advanceTimersByTimeAsync(0);
  expect(it.kept.value()).toBe('a');
  expect(it.kept.error()).toEqual(new Error('gone'));
  it.kept.again();
  await vi.advanceTimersByTimeAsync(0);
  expect(it.kept.error()).toBeUndefined();
  it.dispose();
});

test('an answer to an older question is not taken', async () => {
  const fetch = (source: string) =>
    new Promise<string>((resolve) => setTimeout(() => resolve(source), source === 'a' ? 900 : 100));
  const it = kept(fetch);
  await vi.advanceTimersByTimeAsync(0);
  it.setSource('b');
  await vi.advanceTimersByTimeAsync(100);
  expect(it.kept.value()).toBe('b');
  await vi.advanceTimersByTimeAsync(1_000);
  expect(it.kept.value()).toBe('b');
  it.dispose();
});

test('it asks when the connection is back', async () => {
  const fetch = vi.fn(async (source: string) => source);
  const it = kept(fetch);
  it.setState('lost');
  expect(fetch).toHaveBeenCalledTimes(1);
  it.setState('live');
  expect(fetch).toHaveBeenCalledTimes(2);
  it.dispose();
});
