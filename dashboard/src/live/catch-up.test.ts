import { beforeEach, expect, it, vi } from 'vitest';
import * as api from '../api/client';
import type { ChangeList, Stats } from '../api/types';
import { sample } from '../testing/samples';
import { catchingUp } from './catch-up';

vi.mock('../api/client');
const changes = vi.mocked(api.changes);

/** An answer that comes when the test says so. */
function answer() {
  let give: (list: ChangeList) => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  changes.mockImplementationOnce(
    () =>
      new Promise((resolve, reject) => {
        give = resolve;
        fail = reject;
      }),
  );
  return {
    give: (revision: number, more = false, positions: number[] = []) =>
      give({ alerts: positions.map((position) => sample(position)), revision, more }),
    fail: () => fail(new Error('gone')),
  };
}

const sink = { missed: vi.fn(), reset: vi.fn() };
beforeEach(() => {
  changes.mockReset();
  sink.missed.mockReset();
  sink.reset.mockReset();
});

it('passes on what was missed, and knows how far it got', async () => {
  const missing = catchingUp(sink);
  missing.startFrom(5);
  const first = answer();
  const second = answer();
  const run = missing.run();
  first.give(8, true, [7, 8]);
  await vi.waitFor(() => expect(changes).toHaveBeenCalledTimes(2));
  second.give(9, false, [9]);
  await run;
  expect(changes.mock.calls.map(([after]) => after)).toEqual([5, 8]);
  expect(sink.missed.mock.calls.map(([alert]) => alert.position)).toEqual([7, 8, 9]);
  expect(missing.upTo()).toBe(9);
});

it('asks once more when it is told of changes while it asks', async () => {
  const missing = catchingUp(sink);
  missing.startFrom(5);
  const first = answer();
  const second = answer();
  const run = missing.run();
  // Changed at 7, after the server had answered; an alert at 8 is pushed after that.
  const again = missing.run();
  missing.heard(8);
  first.give(6);
  await run;
  expect(missing.upTo()).toBe(6);
  await vi.waitFor(() => expect(changes).toHaveBeenCalledTimes(2));
  second.give(8, false, [7]);
  await again;
  expect(changes.mock.calls.map(([after]) => after)).toEqual([5, 6]);
  expect(missing.upTo()).toBe(8);
});

it('does not let pushed alerts hide a further page of what was missed', async () => {
  const missing = catchingUp(sink);
  missing.startFrom(5);
  const first = answer();
  const second = answer();
  const run = missing.run();
  missing.heard(20);
  first.give(8, true);
  await vi.waitFor(() => expect(changes).toHaveBeenCalledTimes(2));
  second.give(12);
  await run;
  expect(changes.mock.calls.map(([after]) => after)).toEqual([5, 8]);
  // Nobody told of changes meanwhile: then the pushed ones follow without a gap.
  expect(missing.upTo()).toBe(20);
});

it('stays where it was when asking fails', async () => {
  const missing = catchingUp(sink);
  missing.startFrom(5);
  const first = answer();
  const run = missing.run();
  missing.heard(9);
  first.fail();
  await expect(run).rejects.toThrow('gone');
  missing.heard(10);
  expect(missing.upTo()).toBe(5);
});

it('loads anew when too much was missed', async () => {
  const missing = catchingUp(sink);
  missing.startFrom(0);
  changes.mockImplementation(async (after) => ({ alerts: [], revision: after + 500, more: true }));
  vi.mocked(api.stats).mockResolvedValue({ revision: 9_000 } as Stats);
  await missing.run();
  expect(sink.reset).toHaveBeenCalledOnce();
  expect(missing.upTo()).toBe(9_000);
});

it('loads anew when the store went back', async () => {
  const missing = catchingUp(sink);
  missing.startFrom(100);
  changes.mockResolvedValue({ alerts: [], revision: 40, more: false });
  await missing.run();
  expect(sink.reset).toHaveBeenCalledOnce();
  expect(missing.upTo()).toBe(40);
});

it('moves with what is pushed while nothing is missing', () => {
  const missing = catchingUp(sink);
  missing.startFrom(5);
  missing.heard(6);
  missing.heard(4);
  expect(missing.upTo()).toBe(6);
  missing.backTo(3);
  expect(missing.upTo()).toBe(3);
});
