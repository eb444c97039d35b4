/**
 * Somebody who watches: a real agent on a pair of interfaces made for it, where that is allowed; else captures are
 * replayed, and their alerts sent as an agent would.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { program, Running, run } from './programs';
import type { Server } from './server';

const ip = (...args: string[]): boolean => spawnSync('ip', args).status === 0;

/** What an agent's configuration may say besides. */
type Settings = Record<string, unknown>;

export class Sensor {
  private running: Running | undefined;

  private constructor(
    private readonly server: Server,
    private readonly folder: string,
    /** The interface that is captured on; absent where nothing can be captured. */
    readonly wire: string | undefined,
  ) {}

  static start(server: Server, name = 'gate1', settings: Settings = {}): Sensor {
    const folder = join(server.folder, name);
    const url = `https://localhost:${server.agentPort}`;
    const bundle = ['agent', name, '--server-url', url, '--out', folder];
    run('sentinel-certs', ['--dir', server.site, '--quiet', ...bundle]);
    const file = join(folder, 'sentinel_config.json');
    const config = JSON.parse(readFileSync(file, 'utf8'));
    Object.assign(config, settings);
    Object.assign(config.agent, { state_dir: join(folder, 'state'), heartbeat_interval: 1 });
    writeFileSync(file, JSON.stringify(config));
    const sensor = new Sensor(server, folder, makeWire());
    sensor.begin();
    return sensor;
  }

  /** Starts the agent, or starts it again. */
  begin(): void {
    if (!this.wire) return;
    const args = ['--config', join(this.folder, 'sentinel_config.json'), '--iface', this.wire];
    this.running = new Running('sentinel-agent', args, join(this.folder, 'agent.log'));
  }

  /** Stops the agent; it can begin again. */
  async end(): Promise<void> {
    await this.running?.stop();
  }

  /** Stops it for good. */
  async dispose(): Promise<void> {
    await this.end();
    if (this.wire) ip('link', 'delete', this.wire);
  }

  /** Lets the packets of a scenario go by. */
  async attack(scenario: string, ...options: string[]): Promise<void> {
    if (this.wire) {
      const args = [scenario, '--iface', `${this.wire}-tx`, ...options];
      const sim = spawn(program('sentinel-sim'), args, { stdio: 'ignore' });
      await once(sim, 'exit');
      return;
    }
    const capture = join(this.folder, 'attack.pcap');
    // It has just come to its end.
    const start = String(Date.now() / 1000 - 60);
    run('sentinel-sim', [scenario, '--to', capture, '--force', '--start', start]);
    const url = `https://localhost:${this.server.agentPort}`;
    const config = join(this.folder, 'sentinel_config.json');
    run('sentinel-replay', ['--config', config, '--server', url, capture], {
      XDG_STATE_HOME: join(this.folder, 'replay'),
    });
  }
}

/** A pair of interfaces: what is sent on `NAME-tx` is captured on NAME. */
function makeWire(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined;
  const name = `nse${process.pid % 100_000}`;
  if (!ip('link', 'add', name, 'type', 'veth', 'peer', 'name', `${name}-tx`)) return undefined;
  for (const end of [name, `${name}-tx`]) {
    try {
      writeFileSync(`/proc/sys/net/ipv6/conf/${end}/disable_ipv6`, '1');
    } catch {
      // Then the kernel's own packets are there too.
    }
    ip('link', 'set', end, 'arp', 'off', 'up');
  }
  return name;
}
