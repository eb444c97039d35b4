import { describe, expect, it } from 'vitest';
import { aHeartbeat } from '../testing/session';
import { loss, shareOf } from './loss';

const report = (received: number, dropped_kernel: number, dropped_interface: number) =>
  ({ name: 'eth0', state: 'up', received, dropped_kernel, dropped_interface }) as const;

describe('loss', () => {
  it('is what all interfaces and the agent lost, of all that was received', () => {
    const heartbeat = aHeartbeat({
      interfaces: [report(600, 10, 2), report(400, 5, 0)],
      dropped_agent: 3,
    });
    expect(loss(heartbeat)).toEqual({
      kernel: 15,
      interface: 2,
      agent: 3,
      received: 1000,
      share: 0.02,
    });
  });

  it('is nothing without interfaces', () => {
    expect(loss(aHeartbeat({ interfaces: [] })).share).toBe(0);
  });
});

describe('shareOf', () => {
  it('is all where nothing was received', () => expect(shareOf(5, 0)).toBe(1));
  it('is never more than all', () => expect(shareOf(2 ** 50, 10)).toBe(1));
});
