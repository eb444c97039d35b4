import { expect, it } from 'vitest';
import { EVERYTHING } from '../../state/filter';
import { sample } from '../../testing/samples';
import { feedHref, openIn, withAlert } from './address';
import { techniqueHref } from './attack';
import { fromLocal, isRange, toLocal } from './choices';
import { sentences, valueText, whyLowered } from './evidence';
import { destination } from './keys';
import { totalFrom } from './total';
import { verdicts } from './verdicts';

const alert = (parts: Parameters<typeof sample>[1]) => sample(1, parts).alert;

it('tells evidence in sentences', () => {
  expect(sentences(alert({}))).toEqual([
    '24 ports in all; the rule asks for 15 within 10 seconds.',
    'Ports tried: 21, 22, 80.',
    'It went on after that: 9 more times.',
  ]);
  const arp = { mac_before: 'a', mac_now: 'b', gratuitous: true };
  expect(sentences(alert({ alert: { window_s: 0, evidence: arp } }))).toEqual([
    'The address was announced by a until then, and by b now, without having been asked.',
  ]);
  const sent = { bytes: 5_242_880, top_destination: '192.0.2.1', top_destination_bytes: 1024 };
  expect(sentences(alert({ alert: { window_s: 0, evidence: sent } }))).toEqual([
    'When it was raised 5.0 MiB had left, 1.0 KiB of it to 192.0.2.1.',
  ]);
});

it('bounds sentences and lists, and copes with evidence of any kind', () => {
  const ports = Array.from({ length: 50 }, (_, index) => index);
  const targets = ['192.0.2.1'];
  const evidence = { ports, targets, more_targets: true, query: 'x'.repeat(10_000) };
  const told = sentences(alert({ alert: { window_s: 0, evidence } }));
  expect(told[0]).toContain('29 and 20 others.');
  expect(told[1]).toBe('Targets: 192.0.2.1 and others.');
  expect(told[2]?.length).toBeLessThan(700);
  const odd = { ports: 'all', targets: [{}], repeats: 'many', query: 7, bytes: null };
  expect(sentences(alert({ alert: { window_s: 0, evidence: odd } }))).toEqual([]);
  expect(valueText({ a: [1] })).toBe('{"a":[1]}');
  expect(valueText('<b>')).toBe('<b>');
  expect(valueText('x'.repeat(5_000)).length).toBe(2_001);
});

it('says why a threshold is lower, and a severity higher', () => {
  const reputation = { indicator: '203.0.113.20', tier: 'HIGH' as const, detail: null };
  const lowered = alert({
    alert: { threshold: 3, severity: 'CRITICAL', base_severity: 'HIGH', reputation },
  });
  expect(whyLowered(lowered)).toEqual([
    'The threshold was lowered from 15 to 3 and the severity was raised from HIGH to CRITICAL, ' +
      'because 203.0.113.20 has a bad reputation (HIGH).',
  ]);
  expect(whyLowered(alert({}))).toEqual([]);
});

it('links to techniques, and to nothing else', () => {
  expect(techniqueHref('T1046')).toBe('https://attack.mitre.org/techniques/T1046/');
  expect(techniqueHref('T1595.001')).toBe('https://attack.mitre.org/techniques/T1595/001/');
  for (const wrong of [
    '',
    'T1',
    'T1046/../..',
    'javascript:alert(1)',
    'T1046.1',
    ' T1046',
    'T1046\n',
  ])
    expect(techniqueHref(wrong)).toBeUndefined();
});

it('takes verdicts as they come', () => {
  const note = { verdicts: [{ provider: 'p', tier: 'HIGH', detail: 'd' }, { tier: 3 }, null, 'x'] };
  expect(verdicts(note)).toEqual([
    { provider: 'p', tier: 'HIGH', detail: 'd' },
    { provider: 'unknown', tier: '–', detail: null },
  ]);
  for (const none of [null, undefined, {}, { verdicts: 'x' }]) expect(verdicts(none)).toEqual([]);
});

it('has the open alert in the address beside the filter', () => {
  expect(withAlert('?q=a&alert=3', 0)).toBe('?q=a&alert=0');
  expect(withAlert('?alert=3', undefined)).toBe('');
  expect(openIn('?q=a&alert=0')).toBe(0);
  for (const wrong of ['', '?alert=', '?alert=-1', '?alert=1e3', '?alert=x'])
    expect(openIn(wrong)).toBeUndefined();
  expect(feedHref({ source: '192.0.2.1' })).toBe('/feed?source=192.0.2.1');
});

it('moves by keys within the list', () => {
  expect(destination('ArrowDown', -1, 5, 3)).toBe(0);
  expect(destination('ArrowDown', 4, 5, 3)).toBe(4);
  expect(destination('ArrowUp', 0, 5, 3)).toBe(0);
  expect(destination('PageDown', 0, 5, 3)).toBe(3);
  expect(destination('End', 0, 5, 3)).toBe(4);
  expect(destination('x', 0, 5, 3)).toBeUndefined();
});

it('knows totals from the counters, where these have them', () => {
  const counts = { low: 1, medium: 2, high: 3, critical: 4 };
  const none = { low: 0, medium: 0, high: 1, critical: 1 };
  const stats = { alerts: counts, unacknowledged: none, archived: 9, suppressed: 9, revision: 1 };
  expect(totalFrom(EVERYTHING, stats)).toBe(10);
  expect(totalFrom({ ...EVERYTHING, severity: ['HIGH', 'LOW'] }, stats)).toBe(4);
  expect(totalFrom({ ...EVERYTHING, acknowledged: false }, stats)).toBe(2);
  expect(totalFrom({ ...EVERYTHING, acknowledged: true, severity: ['HIGH'] }, stats)).toBe(2);
  expect(totalFrom({ ...EVERYTHING, text: 'x' }, stats)).toBeUndefined();
  expect(totalFrom({ ...EVERYTHING, archived: true }, stats)).toBeUndefined();
  expect(totalFrom(EVERYTHING, undefined)).toBeUndefined();
});

it('reads and writes local times', () => {
  const iso = '2026-01-31T08:30:00.000Z';
  expect(fromLocal(toLocal(iso))).toBe(iso);
  expect(toLocal('15m')).toBe('');
  expect(fromLocal('')).toBe('');
  expect(isRange('24h', '')).toBe(true);
  expect(isRange('24h', iso)).toBe(false);
  expect(isRange(iso, '')).toBe(false);
});
