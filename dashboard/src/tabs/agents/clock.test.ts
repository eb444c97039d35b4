import { describe, expect, it } from 'vitest';
import { aHeartbeat, anAgent } from '../../testing/session';
import { clockOff } from './clock';

const HEARD = Date.parse('2026-01-02T00:00:00Z');
const agent = (off: number, online = true) =>
  anAgent({
    online,
    last_seen: new Date(HEARD).toISOString(),
    heartbeat: aHeartbeat({ at: new Date(HEARD + off * 1000).toISOString() }),
  });

describe('clockOff', () => {
  it('tells of a heartbeat from the future', () => expect(clockOff(agent(600))).toBe(600));
  it('tells of one that no delay explains', () => expect(clockOff(agent(-600))).toBe(-600));
  it('says nothing of a usual delay', () => expect(clockOff(agent(-29))).toBeUndefined());
  it('says nothing of silent agents', () => expect(clockOff(agent(600, false))).toBeUndefined());
  it('says nothing without a heartbeat', () => {
    expect(clockOff(anAgent({ heartbeat: null }))).toBeUndefined();
  });
});
