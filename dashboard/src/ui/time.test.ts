import { describe, expect, it } from 'vitest';
import { ago, shortTime, span, utc } from './time';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const since = (seconds: number) => new Date(NOW - seconds * 1000).toISOString();

describe('ago', () => {
  it.each([
    [0, 'now'],
    [5, '5s ago'],
    [59, '59s ago'],
    [60, '1m ago'],
    [119, '1m ago'],
    [3_599, '59m ago'],
    [3_600, '1h ago'],
    [86_400, 'yesterday'],
    [86_400 * 9, '9d ago'],
  ])('says of %d seconds: %s', (seconds, text) => {
    expect(ago(since(seconds), NOW)).toBe(text);
  });

  it('takes what is a little ahead for now: clocks differ', () => {
    expect(ago(since(-20), NOW)).toBe('now');
  });

  it('tells of what is to come', () => {
    expect(ago(since(-86_400 * 3), NOW)).toBe('in 3d');
  });

  it('does not show nonsense', () => {
    expect(ago('never', NOW)).toBe('–');
  });
});

describe('shortTime', () => {
  it('leaves out the date only where it is today, and the year where it is this one', () => {
    const today = shortTime(since(60), NOW);
    const earlier = shortTime(since(86_400 * 40), NOW);
    const lastYear = shortTime(since(86_400 * 90), NOW);
    expect(today).not.toMatch(/Mar|2026/);
    expect(earlier).toContain('Jan 20');
    expect(earlier).not.toContain('2026');
    expect(lastYear).toContain('2025');
  });

  it('does not show nonsense', () => {
    expect(shortTime('never')).toBe('–');
  });
});

describe('utc', () => {
  it('is the moment as alerts write it, without fractions', () => {
    expect(utc('2026-03-01T12:00:00.123456789Z')).toBe('2026-03-01 12:00:00 UTC');
  });

  it('gives back what is no time', () => {
    expect(utc('never')).toBe('never');
  });
});

describe('span', () => {
  it.each([
    [12, '12 s'],
    [60, '1 min'],
    [3_661, '1 h 1 min'],
    [90_000, '1 d 1 h'],
  ])('says of %d seconds: %s', (seconds, text) => {
    expect(span(seconds)).toBe(text);
  });
});
