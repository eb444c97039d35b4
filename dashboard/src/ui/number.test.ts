import { describe, expect, it } from 'vitest';
import { bytes, count, percent, plural, short } from './number';

describe('numbers', () => {
  it('are grouped', () => expect(count(1_234_567)).toBe('1,234,567'));
  it('are short where there is little room', () => expect(short(12_345)).toBe('12.3K'));

  it.each([
    [0, 'agents', '0 agents'],
    [1, 'agent', '1 agent'],
    [2_000, 'agents', '2,000 agents'],
  ])('%d: %s', (number, _, text) => expect(plural(number, 'agent')).toBe(text));

  it('know plurals of their own', () => expect(plural(2, 'entry', 'entries')).toBe('2 entries'));

  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [3.25 * 1024 ** 2, '3.3 MiB'],
    [2 ** 60, '1048576.0 TiB'],
  ])('%d bytes are %s', (number, text) => expect(bytes(number)).toBe(text));

  it.each([
    [0, '0 %'],
    [0.00001, '< 0.01 %'],
    [0.0042, '0.42 %'],
    [0.0543, '5.4 %'],
    [1, '100 %'],
  ])('%d of all is %s', (share, text) => expect(percent(share)).toBe(text));
});
