/** Somebody who speaks to the server as an agent does, and says whatever a test wants. */
import { randomBytes } from 'node:crypto';
import type { Alert } from '../../src/api/types';
import type { Server } from './server';

/** Parts of an alert that a test gives. */
export type Part = Partial<Alert>;

/** The most alerts that one request may hold. */
const BATCH = 500;

const SEVERITIES = ['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'] as const;

/** An alert as agents send it, of now, the `n`th of many. */
export function alert(n: number, part: Part = {}): Alert {
  const now = new Date().toISOString();
  const severity = SEVERITIES[n % 4] ?? 'LOW';
  const source = `198.51.100.${n % 254}`;
  return {
    v: 1,
    id: randomBytes(16).toString('hex'),
    update: 0,
    timestamp: now,
    frame: 1,
    detector: 'port_scan',
    rule: 'port_scan/vertical',
    signature: 1000001,
    category: 'Port Scan',
    severity,
    base_severity: severity,
    reputation: null,
    source: { ip: source, port: null, mac: null, internal: false },
    target: { ip: '10.0.0.10', port: 8080, mac: null, internal: true },
    message: `${source} probed 15 ports within 10 s, alert number ${n}`,
    count: 15,
    threshold: 15,
    base_threshold: 15,
    window_s: 10,
    first_seen: now,
    last_seen: now,
    evidence: { ports: [21, 22, 23, 25, 53, 80] },
    attack: [{ technique: 'T1046', name: 'Network Service Discovery', tactic: 'Discovery' }],
    flow: null,
    agent: { id: '', hostname: 'reporter', os: 'linux' },
    interface: 'eth0',
    ...part,
  };
}

export class Reporter {
  readonly id = randomBytes(16).toString('hex');
  private readonly key = randomBytes(32).toString('base64url');

  private constructor(
    private readonly server: Server,
    readonly hostname: string,
  ) {}

  /** Enrols one. */
  static async enrol(server: Server, hostname = 'reporter', os = 'linux'): Promise<Reporter> {
    const one = new Reporter(server, hostname);
    const { id, key } = one;
    await one.post(
      '/api/agent/enrol',
      { id, key, hostname, os, version: '0.1.0' },
      { 'x-api-key': server.sharedKey },
    );
    return one;
  }

  /** Sends alerts; resolves when the server has stored all of them. */
  async tell(alerts: Alert[]): Promise<void> {
    for (let first = 0; first < alerts.length; first += BATCH) {
      await this.post('/api/alert', { alerts: alerts.slice(first, first + BATCH) });
    }
  }

  /** Sends a heartbeat with these parts. */
  async beat(part: Record<string, unknown> = {}): Promise<void> {
    const { hostname } = this;
    await this.post('/api/agent/heartbeat', {
      at: new Date().toISOString(),
      version: '0.1.0',
      hostname,
      os: 'linux',
      uptime_s: 3600,
      packets: 1_000_000,
      bytes: 500_000_000,
      interfaces: [
        {
          name: 'eth0',
          state: 'up',
          received: 1_000_000,
          dropped_kernel: 12,
          dropped_interface: 0,
        },
      ],
      ...part,
    });
  }

  private async post(path: string, body: unknown, headers?: Record<string, string>): Promise<void> {
    const shown = headers ?? { 'x-agent-id': this.id, 'x-api-key': this.key };
    const asked = { method: 'POST', headers: shown, body };
    const answer = await this.server.ask(path, asked, this.server.agentPort);
    const refused = answer.status >= 300 || /"status":"(rejected|deferred)"/.test(answer.body);
    if (refused) throw new Error(`${path}: ${answer.status} ${answer.body.slice(0, 400)}`);
  }
}
