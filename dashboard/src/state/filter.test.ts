import { expect, it } from 'vitest';
import { sample } from '../testing/samples';
import {
  EVERYTHING,
  type Filter,
  lets,
  parseFilter,
  toQuery,
  toSearch,
  toSelection,
} from './filter';
import { address, moment } from './moment';

const NOW = Date.UTC(2026, 0, 1, 12);
const at = (seconds: number) => sample(seconds); // That many seconds after midnight.
const passes = (filter: Partial<Filter>, stored = at(43_000)) =>
  lets({ ...EVERYTHING, ...filter }, stored, NOW);

it('comes back from the address as it went in', () => {
  const filter: Filter = {
    severity: ['CRITICAL', 'LOW'],
    detector: ['port_scan', 'a&b=c'],
    text: '100% <b> + ü',
    source: '2001:db8::1',
    target: '10.0.0.1',
    agent: 'abc',
    since: '24h',
    until: '2026-01-31T08:00:00Z',
    acknowledged: false,
    archived: true,
    suppressed: true,
  };
  expect(parseFilter(toSearch(filter))).toEqual(filter);
  expect(toSearch(EVERYTHING)).toBe('');
  expect(parseFilter('')).toEqual(EVERYTHING);
  expect(toQuery(EVERYTHING)).toEqual({});
});

it('leaves out of an address what makes no sense', () => {
  const filter = parseFilter('?severity=high,worst,HIGH&acknowledged=maybe&archived=1&alert=7');
  expect(filter).toEqual({ ...EVERYTHING, severity: ['HIGH'] });
});

it('lets through what the server would, by who and what', () => {
  expect(passes({})).toBe(true);
  expect(passes({ severity: ['HIGH', 'LOW'] })).toBe(true);
  expect(passes({ severity: ['CRITICAL'] })).toBe(false);
  expect(passes({ detector: ['syn_flood'] })).toBe(false);
  expect(passes({ source: ' 203.0.113.20 ' })).toBe(true);
  expect(passes({ target: '203.0.113.20' })).toBe(false);
  expect(passes({ agent: 'a'.repeat(32) })).toBe(true);
  expect(passes({ agent: 'a' })).toBe(false);
});

it('compares addresses however they are written, and hardware addresses where there is no other', () => {
  const six = sample(1, {
    alert: { source: { ip: '2001:db8::1', port: null, mac: null, internal: false } },
  });
  expect(passes({ source: '2001:0DB8:0:0::1' }, six)).toBe(true);
  const mac = '02:00:0a:00:00:44';
  const arp = sample(1, { alert: { source: { ip: null, port: null, mac, internal: null } } });
  expect(passes({ source: mac.toUpperCase() }, arp)).toBe(true);
  expect(passes({ text: '0A:00:00:44' }, arp)).toBe(true);
});

it('searches where the server does', () => {
  expect(passes({ text: 'PORT SC' })).toBe(true);
  expect(passes({ text: 'Probed' })).toBe(true);
  expect(passes({ text: '203.0.113' })).toBe(true);
  expect(passes({ text: 'gate1' })).toBe(true);
  expect(passes({ text: '10.0.0.10' })).toBe(false); // Targets are not searched.
});

it('looks into the right drawer', () => {
  expect(passes({}, sample(1, { archived: true }))).toBe(false);
  expect(passes({ archived: true }, sample(1, { archived: true }))).toBe(true);
  expect(passes({ archived: true })).toBe(false);
  expect(passes({}, sample(1, { suppressed_by: 0 }))).toBe(false);
  expect(passes({ suppressed: true }, sample(1, { suppressed_by: 0 }))).toBe(true);
  expect(passes({ acknowledged: false }, sample(1, { acknowledged_by: 'ann' }))).toBe(false);
  expect(passes({ acknowledged: true }, sample(1, { acknowledged_by: 'ann' }))).toBe(true);
});

it('holds times against the clock, whether absolute or relative', () => {
  expect(passes({ since: '15m' }, at(43_200 - 899))).toBe(true);
  expect(passes({ since: '15m' }, at(43_200 - 901))).toBe(false);
  expect(passes({ until: '1h' }, at(43_200 - 3_601))).toBe(true);
  expect(passes({ until: '1h' }, at(43_200 - 3_599))).toBe(false);
  // Without a fraction, and with an offset: as texts they would compare the other way round.
  const half = sample(5, { alert: { timestamp: '2026-01-01T00:00:05.500000000Z' } });
  expect(passes({ until: '2026-01-01T00:00:05Z' }, half)).toBe(false);
  expect(passes({ since: '2026-01-01T01:00:05+01:00' }, half)).toBe(true);
});

it('fixes times and addresses for a triage', () => {
  const selection = toSelection(
    { ...EVERYTHING, severity: ['LOW'], text: 'x', source: '2001:DB8:0::1', since: '1h' },
    NOW,
  );
  expect(selection).toMatchObject({
    severity: ['LOW'],
    text: 'x',
    source: '2001:db8::1',
    since: '2026-01-01T11:00:00.000Z',
    until: null,
    target: null,
    agent: null,
    archived: false,
  });
});

it('reads times as the server does', () => {
  expect(moment('90s', NOW)).toBe(NOW - 90_000);
  expect(moment('2w', NOW)).toBe(NOW - 14 * 86_400_000);
  for (const wrong of ['', 'm', '-5m', '5y', '7', 'soon', '1e3s'])
    expect(moment(wrong)).toBeUndefined();
});

it('leaves alone what is no address', () => {
  expect(address('  Not:an:Address ')).toBe('not:an:address');
  expect(address('1::2::3')).toBe('1::2::3');
});
