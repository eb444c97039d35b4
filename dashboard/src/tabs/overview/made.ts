/** What tests of the overview are made of. */
import { createSignal } from 'solid-js';
import type { AgentView, MinuteCounts, Severity, Stats, StoredAlert } from '../../api/types';
import type { Batch, Listener, Live, LiveState } from '../../live/live';
import { NONE } from '../../ui/charts/series';

/** A live feed that does what the test says. */
export function madeLive() {
  const [state, setState] = createSignal<LiveState>('live');
  const [stats, setStats] = createSignal<Stats>();
  const [timeline, setTimeline] = createSignal<MinuteCounts[]>();
  const [agents, setAgents] = createSignal<AgentView[]>();
  const listeners = new Set<Listener>();
  const live: Live = {
    state,
    since: () => Date.UTC(2026, 0, 2, 3, 4, 5),
    stats,
    timeline,
    agents,
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    catchUp: async () => undefined,
    stop: () => undefined,
  };
  const push = (...alerts: StoredAlert[]) => {
    const batch: Batch = { alerts, fresh: new Set(alerts.map((stored) => stored.position)) };
    for (const listener of listeners) listener.batch(batch);
  };
  return { live, setState, setStats, setTimeline, setAgents, push };
}

/** An alert of the minute `at`, with what matters to the overview. */
export function madeAlert(
  position: number,
  severity: Severity,
  more: Partial<StoredAlert> = {},
  at = position,
): StoredAlert {
  const end = (ip: string) => ({ ip, port: null, mac: null, internal: false });
  return {
    position,
    revision: position,
    acknowledged_by: null,
    archived: false,
    suppressed_by: null,
    alert: {
      severity,
      timestamp: new Date(Date.UTC(2026, 0, 2, 3, at)).toISOString(),
      category: 'Port Scan',
      message: `alert ${position}`,
      source: end('192.0.2.1'),
      target: end('192.0.2.2'),
    },
    ...more,
  } as StoredAlert;
}

/** An hour up to 03:59 with some alerts in its last minute. */
export function madeHour(counts: Partial<typeof NONE>): MinuteCounts[] {
  return Array.from({ length: 60 }, (_, index) => ({
    minute: new Date(Date.UTC(2026, 0, 2, 3, index)).toISOString(),
    alerts: index === 59 ? { ...NONE, ...counts } : NONE,
  }));
}

/** Counters where nothing is acknowledged. */
export const madeStats = (counts: Partial<typeof NONE>): Stats => ({
  alerts: { ...NONE, ...counts },
  unacknowledged: { ...NONE, ...counts },
  archived: 0,
  suppressed: 0,
  revision: 1,
});

/** An agent that is online and has received `received` packets and lost some more. */
export function madeAgent(hostname: string, received: number, lost: number): AgentView {
  return {
    id: hostname,
    hostname,
    online: true,
    revoked: false,
    heartbeat: {
      dropped_agent: 0,
      interfaces: [
        { name: 'eth0', state: 'open', received, dropped_kernel: 0, dropped_interface: lost },
      ],
    },
  } as unknown as AgentView;
}
