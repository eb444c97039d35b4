/** The programs under test: where they are, and running them. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';

const BIN = resolve(
  process.env.NETSENTINEL_BIN ?? join(import.meta.dirname, '../../../target/debug'),
);

/** The path of one of our programs. */
export function program(name: string): string {
  const path = join(BIN, name);
  if (!existsSync(path))
    throw new Error(`${path} is not there: cargo build, or set NETSENTINEL_BIN`);
  return path;
}

/** Runs one of our programs to its end, and gives what it wrote. */
export function run(name: string, args: string[], env: NodeJS.ProcessEnv = {}): string {
  const done = spawnSync(program(name), args, {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  if (done.status !== 0) throw new Error(`${name} ${args.join(' ')}: ${done.stderr}`);
  return done.stdout;
}

/** Ports that nobody listens on now. */
export async function freePorts(how: number): Promise<number[]> {
  const servers = Array.from({ length: how }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

/** Waits until `holds` gives something, and gives that. */
export async function until<T>(
  what: string,
  holds: () => T | Promise<T>,
  seconds = 30,
): Promise<NonNullable<T>> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const value = await holds();
    if (value) return value as NonNullable<T>;
    if (Date.now() > end) throw new Error(`after ${seconds} s still not: ${what}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** A program that runs until it is stopped. */
export class Running {
  private readonly process: ChildProcess;
  private readonly ended: Promise<unknown>;

  constructor(
    name: string,
    args: string[],
    private readonly logFile: string,
  ) {
    const log = openSync(logFile, 'a', 0o600);
    this.process = spawn(program(name), args, { stdio: ['ignore', log, log] });
    this.ended = once(this.process, 'exit');
  }

  get isRunning(): boolean {
    return this.process.exitCode === null && this.process.signalCode === null;
  }

  get log(): string {
    return readFileSync(this.logFile, 'utf8');
  }

  /** Sends the signal, and waits for the end. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (!this.isRunning) return;
    this.process.kill(signal);
    const late = setTimeout(() => this.process.kill('SIGKILL'), 15_000);
    await this.ended;
    clearTimeout(late);
  }
}
