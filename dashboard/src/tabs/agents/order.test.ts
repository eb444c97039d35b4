import { describe, expect, it } from 'vitest';
import { aHeartbeat, anAgent } from '../../testing/session';
import { arranged, condition, summary } from './order';

const on = (hostname: string, id = hostname) => anAgent({ id, hostname });
const off = (hostname: string) => anAgent({ id: hostname, hostname, online: false });
const gone = (hostname: string) =>
  anAgent({ id: hostname, hostname, online: false, revoked: true });
const replay = (hostname: string) =>
  anAgent({ id: hostname, hostname, online: false, heartbeat: aHeartbeat({ interfaces: [] }) });
const names = (agents: readonly { hostname: string }[]) => agents.map(({ hostname }) => hostname);

describe('condition', () => {
  it('is revoked whatever else it is', () => {
    expect([on('a'), off('a'), gone('a')].map(condition)).toEqual(['online', 'offline', 'revoked']);
  });

  it('is not offline where nothing was ever watched', () => {
    const mute = anAgent({ online: false, heartbeat: null });
    expect([replay('a'), mute].map(condition)).toEqual(['replayed', 'replayed']);
    expect(condition(anAgent({ heartbeat: aHeartbeat({ interfaces: [] }) }))).toBe('online');
  });
});

describe('arranged', () => {
  it('has those first that need somebody, then goes by name as people count', () => {
    const all = [gone('a'), on('web10'), on('Web2'), off('z'), off('b')];
    expect(names(arranged(all, ''))).toEqual(['b', 'z', 'Web2', 'web10', 'a']);
  });

  it('does not change the list that it was given', () => {
    const all = [on('b'), on('a')];
    arranged(all, '');
    expect(names(all)).toEqual(['b', 'a']);
  });

  it.each([
    [' WEB ', ['web1']],
    ['10.0.0.9', ['db1', 'web1']],
    ['offline', ['db1']],
    ['nothing says this', []],
  ])('shows what says %j', (text, expected) => {
    expect(names(arranged([on('web1'), off('db1')], text))).toEqual(expected);
  });
});

describe('summary', () => {
  it('counts those that are waited for', () => {
    expect(summary([on('a'), off('b')])).toBe('1 of 2 online');
    expect(summary([on('a'), off('b'), gone('c')])).toBe('1 of 2 online, 1 revoked');
    expect(summary([on('a'), replay('b'), gone('c')])).toBe('1 of 1 online, 1 replayed, 1 revoked');
  });
});
