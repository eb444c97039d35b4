import { describe, expect, it } from 'vitest';
import { sample, samples } from '../../testing/samples';
import { firstIndex, justAfter, keyOf, order } from './key';
import { PAGE, ROWS_MAX, Rows } from './rows';

const positions = (rows: Rows) =>
  Array.from({ length: rows.size }, (_, index) => rows.at(index)?.position);

/** Pages of PAGE rows each, from `newest` down. */
function filled(newest: number, pages: number): Rows {
  const rows = new Rows();
  for (let page = 0; page < pages; page += 1) {
    const from = newest - page * PAGE;
    rows.append(samples(from, from - PAGE + 1), true);
  }
  return rows;
}

describe('keys', () => {
  it('stand the newest first, then the later stored', () => {
    const key = (timestamp: string, position: number) => ({ timestamp, position });
    const list = [key('b', 1), key('a', 3), key('b', 2)].sort(order);
    expect(list.map((one) => one.position)).toEqual([2, 1, 3]);
    expect(order(key('a', 1), key('a', 1))).toBe(0);
  });

  it('have a next nanosecond', () => {
    expect(justAfter('2026-01-01T00:00:00.000000009Z')).toBe('2026-01-01T00:00:00.000000010Z');
    expect(justAfter('2026-01-01T00:00:59.999999999Z')).toBe('2026-01-01T00:01:00.000Z');
  });

  it('are found by halves', () => {
    expect(firstIndex(5, (index) => index >= 3)).toBe(3);
    expect(firstIndex(5, () => false)).toBe(5);
    expect(firstIndex(0, () => true)).toBe(0);
  });
});

it('puts new ones on top, late ones where they belong, and each once', () => {
  const rows = new Rows();
  rows.append([sample(9), sample(5), sample(1)], false);
  for (const position of [10, 7, 0, 10]) rows.put(sample(position));
  expect(positions(rows)).toEqual([10, 9, 7, 5, 1, 0]);
  expect(rows.size).toBe(6);
  expect(rows.indexOf(keyOf(sample(7)))).toBe(2);
  expect(rows.indexOf(keyOf(sample(8)))).toBe(-1);
});

it('keeps the newest of what it was told of an alert', () => {
  const rows = new Rows();
  rows.append([sample(5, { revision: 7 })], false);
  rows.put(sample(5, { revision: 6, comments: 1 }));
  expect(rows.at(0)?.comments).toBe(0);
  rows.put(sample(5, { revision: 8, comments: 2 }));
  expect(rows.at(0)?.comments).toBe(2);
  expect(rows.size).toBe(1);
});

it('leaves out what is older than what was loaded, while there is more', () => {
  const rows = new Rows();
  rows.append([sample(9), sample(5)], true);
  expect(rows.accepts(keyOf(sample(4)))).toBe(false);
  rows.put(sample(4));
  expect(positions(rows)).toEqual([9, 5]);
  rows.more = false;
  rows.put(sample(4));
  expect(positions(rows)).toEqual([9, 5, 4]);
});

it('begins with what is pushed when there is nothing', () => {
  const rows = new Rows();
  rows.put(sample(3));
  expect(positions(rows)).toEqual([3]);
});

it('takes alerts out and tells where they were', () => {
  const rows = filled(300, 2);
  expect(rows.remove(keyOf(sample(299)))).toBe(1);
  expect(rows.remove(keyOf(sample(299)))).toBe(-1);
  expect(rows.size).toBe(2 * PAGE - 1);
  expect(rows.at(1)?.position).toBe(298);
});

it('forgets the oldest while new ones come, and never has many', () => {
  const rows = filled(1_000, 2);
  for (let position = 1_001; position <= 20_000; position += 1) {
    rows.put(sample(position));
    if (position % 40 === 0) rows.trim(0, 20);
  }
  rows.trim(0, 20);
  expect(rows.loaded).toBeLessThanOrEqual(ROWS_MAX);
  expect(rows.size).toBe(rows.loaded);
  expect(rows.more).toBe(true);
  expect(rows.at(0)?.position).toBe(20_000);
  // Without a gap, and the end is where it goes on.
  expect(rows.at(rows.size - 1)?.position).toBe(20_000 - rows.size + 1);
  expect(rows.end?.position).toBe(20_000 - rows.size + 1);
});

it('drops rows far above what is looked at, keeps their room, and takes them back', () => {
  const pages = 60;
  const rows = filled(10_000, pages);
  const size = rows.size;
  rows.trim(size - 30, size - 1);
  expect(rows.loaded).toBeLessThanOrEqual(ROWS_MAX);
  expect(rows.size).toBe(size);
  expect(rows.hasHead).toBe(false);
  expect(rows.at(0)).toBeUndefined();
  expect(rows.at(size - 1)?.position).toBe(10_000 - size + 1);

  const [page] = rows.dropped(0, 10);
  expect(page).toMatchObject({ behind: null, last: keyOf(sample(10_000 - PAGE + 1)), count: PAGE });
  // One of them is gone meanwhile.
  if (page) rows.fill(page, samples(10_000, 10_000 - PAGE + 2));
  expect(rows.size).toBe(size - 1);
  expect(rows.at(0)?.position).toBe(10_000);
  expect(rows.dropped(0, 10)).toEqual([]);
});

it('does not put what is pushed among rows that were dropped', () => {
  const rows = filled(10_000, 60);
  rows.trim(rows.size - 30, rows.size - 1);
  const size = rows.size;
  rows.put(sample(10_001));
  expect(rows.size).toBe(size);
  expect(rows.accepts(keyOf(sample(10_001)))).toBe(false);
});
