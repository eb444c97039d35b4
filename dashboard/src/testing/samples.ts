/** Alerts for tests. */
import type { Alert, StoredAlert } from '../api/types';

type Parts = Partial<Omit<StoredAlert, 'alert'>> & { alert?: Partial<Alert> };

/** The alert at `position`: one a second, so that those with higher positions are newer. */
export function sample(position: number, parts: Parts = {}): StoredAlert {
  const timestamp = new Date(Date.UTC(2026, 0, 1) + position * 1000)
    .toISOString()
    .replace('.000Z', '.000000000Z');
  const { alert, ...rest } = parts;
  return {
    position,
    revision: position,
    received: timestamp,
    acknowledged_by: null,
    acknowledged_at: null,
    archived: false,
    suppressed_by: null,
    comments: 0,
    ...rest,
    alert: {
      v: 1,
      id: position.toString(16).padStart(32, '0'),
      update: 0,
      timestamp,
      detector: 'port_scan',
      rule: 'port_scan/vertical',
      signature: 1000001,
      category: 'Port Scan',
      severity: 'HIGH',
      base_severity: 'HIGH',
      source: { ip: '203.0.113.20', port: null, mac: '02:00:0a:00:00:01', internal: false },
      target: { ip: '10.0.0.10', port: 8080, mac: null, internal: true },
      message: `203.0.113.20 probed 15 ports within 10 s (${position})`,
      count: 24,
      threshold: 15,
      base_threshold: 15,
      window_s: 10,
      first_seen: timestamp,
      last_seen: timestamp,
      evidence: { ports: [21, 22, 80], repeats: 9 },
      reputation: null,
      attack: [{ technique: 'T1046', name: 'Network Service Discovery', tactic: 'Discovery' }],
      flow: null,
      frame: 7,
      interface: null,
      agent: { id: 'a'.repeat(32), hostname: 'gate1', os: 'linux' },
      ...alert,
    },
  };
}

/** The alerts from `newest` down to `oldest`, as lists have them. */
export const samples = (newest: number, oldest: number): StoredAlert[] =>
  Array.from({ length: newest - oldest + 1 }, (_, index) => sample(newest - index));
