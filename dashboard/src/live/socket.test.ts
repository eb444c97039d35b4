import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { stayConnected } from './socket';

class Fake {
  static all: Fake[] = [];
  readyState: number = WebSocket.CONNECTING;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  onerror: (() => void) | null = null;
  closed = false;
  constructor() {
    Fake.all.push(this);
  }
  close() {
    this.closed = true;
  }
}

const heard = { message: vi.fn(), lost: vi.fn() };
const check = vi.fn(async () => undefined);
let stop: () => void;
const last = () => Fake.all.at(-1) as Fake;

beforeEach(() => {
  vi.useFakeTimers();
  Fake.all = [];
  heard.message.mockReset();
  heard.lost.mockReset();
  check.mockReset().mockResolvedValue(undefined);
  const open = () => new Fake() as unknown as WebSocket;
  stop = stayConnected(heard, check, { open, check, random: () => 1 });
});
afterEach(() => {
  stop();
  vi.useRealTimers();
});

it('opens again, later each time, and at once after it was heard', () => {
  const waits: number[] = [];
  for (let attempt = 0; attempt < 4; attempt += 1) {
    last().onclose?.();
    const before = Date.now();
    vi.advanceTimersToNextTimer();
    waits.push(Date.now() - before);
    last().readyState = WebSocket.OPEN;
  }
  expect(waits).toEqual([500, 1000, 2000, 4000]);
  last().onmessage?.({ data: '{"type":"hello","revision":1}' });
  expect(heard.message).toHaveBeenCalledWith({ type: 'hello', revision: 1 });
  const count = Fake.all.length;
  last().onclose?.();
  vi.advanceTimersByTime(500);
  expect(Fake.all.length).toBe(count + 1);
});

it('gives a silent server up for lost', async () => {
  last().readyState = WebSocket.OPEN;
  check.mockRejectedValue(new Error('no answer'));
  await vi.advanceTimersByTimeAsync(15_000);
  expect(heard.lost).toHaveBeenCalledOnce();
  expect(Fake.all[0]?.closed).toBe(true);
});

it('does not wait for ever for a connection', () => {
  vi.advanceTimersByTime(10_000);
  expect(heard.lost).toHaveBeenCalledOnce();
});

it('opens at once when the network is back', () => {
  last().onclose?.();
  window.dispatchEvent(new Event('online'));
  expect(Fake.all).toHaveLength(2);
  // The attempt that was planned is not made too.
  vi.advanceTimersByTime(5_000);
  expect(Fake.all).toHaveLength(2);
});

it('is over when it is stopped', () => {
  stop();
  last().onclose?.();
  vi.advanceTimersByTime(60_000);
  expect(Fake.all).toHaveLength(1);
  expect(heard.lost).not.toHaveBeenCalled();
});
