/** What tests of pages need around them: somebody signed in, a live feed that does as told, a router. */
import { createMemoryHistory, MemoryRouter, Route } from '@solidjs/router';
import { cleanup, render } from '@solidjs/testing-library';
import { createSignal, type JSX } from 'solid-js';
import { afterEach, vi } from 'vitest';
import type { AgentView, Role, Stats } from '../api/types';
import type { Listener, Live, LiveState } from '../live/live';
import { SessionProvider } from '../state/session';

afterEach(cleanup);

// jsdom knows dialogs, but not how to open them.
HTMLDialogElement.prototype.showModal ??= function show(this: HTMLDialogElement) {
  this.open = true;
};
HTMLDialogElement.prototype.close ??= function close(this: HTMLDialogElement) {
  this.open = false;
};

/** A live feed that tells what a test has it tell. */
export function fakeLive() {
  const [state, setState] = createSignal<LiveState>('live');
  const [since, setSince] = createSignal(Date.now());
  const [agents, setAgents] = createSignal<AgentView[]>();
  const [stats, setStats] = createSignal<Stats>();
  const listeners = new Set<Listener>();
  const live: Live = {
    state,
    since,
    stats,
    timeline: () => undefined,
    agents,
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    catchUp: async () => undefined,
    stop: vi.fn(),
  };
  return { live, setState, setSince, setAgents, setStats, listeners };
}

/** Shows `page` to somebody with `role`, at the address `at`. */
export function showTo(
  role: Role,
  page: () => JSX.Element,
  { live = fakeLive().live, at = '/' }: { live?: Live; at?: string } = {},
) {
  const history = createMemoryHistory();
  history.set({ value: at });
  const signOut = vi.fn(async () => undefined);
  const shown = render(() => (
    <SessionProvider me={{ name: 'ann', role, token: false }} live={live} signOut={signOut}>
      <MemoryRouter history={history}>
        <Route path="*" component={page} />
      </MemoryRouter>
    </SessionProvider>
  ));
  return { ...shown, history, signOut };
}

/** An agent that is well, but for what is given. */
export function anAgent(given: Partial<AgentView> = {}): AgentView {
  return {
    id: 'a1',
    hostname: 'web1',
    os: 'linux',
    version: '0.1.0',
    address: '10.0.0.9',
    certificate: null,
    first_seen: '2026-01-01T00:00:00Z',
    last_seen: '2026-01-02T00:00:00Z',
    online: true,
    revoked: false,
    alerts: 3,
    heartbeat: aHeartbeat(),
    ...given,
  };
}

type Heartbeat = NonNullable<AgentView['heartbeat']>;

export function aHeartbeat(given: Partial<Heartbeat> = {}): Heartbeat {
  return {
    at: '2026-01-02T00:00:00Z',
    version: '0.1.0',
    hostname: 'web1',
    os: 'linux',
    uptime_s: 100,
    packets: 1_000,
    bytes: 64_000,
    dropped_agent: 0,
    out_of_order: 0,
    malformed: 0,
    evictions: 0,
    alerts: 3,
    uplink_excluded: true,
    interfaces: [
      { name: 'eth0', state: 'up', received: 1_000, dropped_kernel: 0, dropped_interface: 0 },
    ],
    spool: { alerts: 0, bytes: 0, dropped: 0, rejected: 0 },
    rss_bytes: 1_048_576,
    reputation: null,
    ...given,
  };
}
