import { describe, expect, it } from 'vitest';
import type { Suppression, SuppressionRule } from '../../api/types';
import { arranged, isIdle, isOver, ruleText, ruleWords } from './words';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const NOTHING: SuppressionRule = {
  detector: null,
  source: null,
  target: null,
  either: null,
  agent: null,
};
const at = (hours: number) => new Date(NOW + hours * 3_600_000).toISOString();
const one = (given: Partial<Suppression> = {}): Suppression => ({
  id: 1,
  rule: NOTHING,
  reason: '',
  author: 'ann',
  created: at(-24),
  expires: null,
  hits: 0,
  last_hit: null,
  ...given,
});

describe('ruleWords', () => {
  const text = (rule: Partial<SuppressionRule>) =>
    ruleText(ruleWords({ ...NOTHING, ...rule }, (id) => (id === 'a1' ? 'web1' : undefined)));

  it.each<[Partial<SuppressionRule>, string]>([
    [
      { detector: 'port_scan', source: '10.0.0.5', agent: 'a1' },
      'port_scan from 10.0.0.5 seen by agent web1',
    ],
    [{ either: '10.0.0.0/8' }, 'Everything from or to 10.0.0.0/8'],
    [{ target: '::1', source: '::2' }, 'Everything from ::2 to ::1'],
    [{ agent: 'forgotten' }, 'Everything seen by agent forgotten'],
  ])('%j', (rule, words) => expect(text(rule)).toBe(words));
});

describe('a suppression', () => {
  it('is over from its end on', () => {
    expect(isOver(one({ expires: at(0) }), NOW)).toBe(true);
    expect(isOver(one({ expires: at(1) }), NOW)).toBe(false);
    expect(isOver(one(), NOW)).toBe(false);
  });

  it('is idle when it had the time to match and did not', () => {
    expect(isIdle(one(), NOW)).toBe(true);
    expect(isIdle(one({ hits: 1 }), NOW)).toBe(false);
    expect(isIdle(one({ created: at(-0.5) }), NOW)).toBe(false);
    expect(isIdle(one({ expires: at(-1) }), NOW)).toBe(false);
  });
});

describe('arranged', () => {
  it('has those first that count, the newest on top', () => {
    const list = [
      one({ id: 1, created: at(-9) }),
      one({ id: 2, created: at(-1), expires: at(-0.5) }),
      one({ id: 3, created: at(-3) }),
    ];
    expect(arranged(list, NOW).map(({ id }) => id)).toEqual([3, 1, 2]);
  });
});
