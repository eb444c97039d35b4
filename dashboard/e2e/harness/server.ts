/** A real server with a folder, certificates and ports of its own. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts, Running, run, until } from './programs';

/** What a server answered. */
export interface Answer {
  status: number;
  body: string;
}

export interface Asked {
  method?: string;
  headers?: Record<string, string>;
  body?: unknown;
}

export class Server {
  readonly folder = mkdtempSync(join(tmpdir(), 'netsentinel-e2e-'));
  readonly site = join(this.folder, 'site');
  readonly config = join(this.site, 'sentinel_config.json');
  private running: Running | undefined;
  private ca = '';
  private readonly tokens = new Map<string, string>();

  private constructor(
    readonly port: number,
    readonly agentPort: number,
  ) {}

  /** Starts one. `settings` go into the configuration's part `server`. */
  static async start(settings: Record<string, unknown> = {}): Promise<Server> {
    const [port = 0, agentPort = 0] = await freePorts(2);
    const server = new Server(port, agentPort);
    run('sentinel-certs', ['--dir', server.site, '--quiet', 'init']);
    server.ca = readFileSync(join(server.site, 'ca.crt'), 'utf8');
    const config = JSON.parse(readFileSync(server.config, 'utf8'));
    Object.assign(config, {
      server_host: '127.0.0.1',
      gui_port: port,
      agent_port: agentPort,
      redirect_port: 0,
      server: { alerts_max: 1_000_000, alerts_window: 1, ...settings },
    });
    writeFileSync(server.config, JSON.stringify(config));
    await server.begin();
    return server;
  }

  get origin(): string {
    return `https://localhost:${this.port}`;
  }

  /** The administrator's first password. */
  get password(): string {
    return /Password: (\S+)/.exec(this.running?.log ?? '')?.[1] ?? '';
  }

  /** The key that agents enrol with. */
  get sharedKey(): string {
    return JSON.parse(readFileSync(this.config, 'utf8')).api_key;
  }

  /** Starts it, or starts it again with all that it knew. */
  async begin(): Promise<void> {
    const log = join(this.folder, 'server.log');
    const running = new Running('sentinel-server', this.arguments(), log);
    this.running = running;
    await until('the server is ready', async () => {
      if (!running.isRunning) throw new Error(`the server does not start:\n${running.log}`);
      return this.ask('/readyz').then(
        ({ status }) => status === 200,
        () => false,
      );
    });
  }

  /** Ends it; with `SIGKILL` as a crash would. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.running?.stop(signal);
  }

  /** Ends it for good. */
  async dispose(): Promise<void> {
    await this.end();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Runs a command of the server's program. */
  command(...command: string[]): string {
    return run('sentinel-server', [...this.arguments(), ...command]);
  }

  /** Asks the port of people, or of agents, by its own authority. */
  ask(
    path: string,
    { method = 'GET', headers = {}, body }: Asked = {},
    port = this.port,
  ): Promise<Answer> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const asked = request(
        {
          host: 'localhost',
          port,
          path,
          method,
          ca: this.ca,
          headers:
            text === undefined ? headers : { 'content-type': 'application/json', ...headers },
        },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('end', () =>
            resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString() }),
          );
        },
      );
      asked.on('error', reject);
      asked.end(text);
    });
  }

  /** Asks the API as a script with `role` would, and gives the JSON that it answers. */
  async api<T>(path: string, asked: Asked = {}, role = 'viewer'): Promise<T> {
    const headers = { ...asked.headers, ...this.bearer(role) };
    const { status, body } = await this.ask(path, { ...asked, headers });
    if (status >= 300) throw new Error(`${path}: ${status} ${body}`);
    return JSON.parse(body) as T;
  }

  /** What shows that a script with `role` asks. */
  bearer(role: string): Record<string, string> {
    const known = this.tokens.get(role);
    const token = known ?? this.command('token', 'create', role, '--role', role).trim();
    this.tokens.set(role, token);
    return { authorization: `Bearer ${token}` };
  }

  /** Adds somebody who may sign in. */
  async addUser(name: string, role: string, password: string): Promise<void> {
    await this.api('/api/users', { method: 'POST', body: { name, role, password } }, 'admin');
  }

  private arguments(): string[] {
    return ['--config', this.config, '--data-dir', join(this.folder, 'data')];
  }
}
