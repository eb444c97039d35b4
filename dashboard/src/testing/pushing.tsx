/** A session for tests of the feed: what is pushed, tests push. */
import { createSignal, type JSX } from 'solid-js';
import type { AgentView, Role, Stats } from '../api/types';
import type { Batch, Listener, Live } from '../live/live';
import { SessionProvider } from '../state/session';

export interface FakeLive extends Live {
  push(batch: Batch): void;
  reset(): void;
  setStats(stats: Stats): void;
  /** How often it was asked to catch up. */
  caughtUp: number;
}

export function fakeLive(): FakeLive {
  const listeners = new Set<Listener>();
  const [stats, setStats] = createSignal<Stats>();
  const [agents] = createSignal<AgentView[]>([]);
  const live: FakeLive = {
    state: () => 'live',
    since: () => 0,
    stats,
    timeline: () => undefined,
    agents,
    caughtUp: 0,
    async catchUp() {
      live.caughtUp += 1;
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop: () => undefined,
    push(batch) {
      for (const listener of listeners) listener.batch(batch);
    },
    reset() {
      for (const listener of listeners) listener.reset();
    },
    setStats,
  };
  return live;
}

export function Session(props: { as: Role; live: Live; children: JSX.Element }) {
  return (
    <SessionProvider
      me={{ name: 'ann', role: props.as, token: false }}
      live={props.live}
      signOut={async () => undefined}
    >
      {props.children}
    </SessionProvider>
  );
}
