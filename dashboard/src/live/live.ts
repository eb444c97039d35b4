/**
 * What the server pushes, as signals: counters, timeline and agents as they are now, and alerts in
 * batches. After a break everything that was missed is fetched before the state is `live` again.
 */
import { type Accessor, createSignal } from 'solid-js';
import * as api from '../api/client';
import { Problem } from '../api/problem';
import type { AgentView, LiveMessage, MinuteCounts, Stats, StoredAlert } from '../api/types';
import { catchingUp } from './catch-up';
import { stayConnected } from './socket';

/** Alerts are passed on this often at most: 200 a second must not draw 200 times. */
export const BATCH_MS = 200;
/** Wait before what was missed is asked for again, when that failed. */
const RETRY_MS = 3_000;

/** Whether what is shown is what is. */
export type LiveState = 'connecting' | 'live' | 'lost';

/** Alerts that came or changed, each once and as it is now, in the order of their revisions. */
export interface Batch {
  alerts: StoredAlert[];
  /** Positions of those that were not there before. */
  fresh: ReadonlySet<number>;
}

/** Who wants to hear of alerts. */
export interface Listener {
  batch(batch: Batch): void;
  /** More was missed than is fetched piece by piece: load anew. */
  reset(): void;
}

export interface Live {
  state: Accessor<LiveState>;
  /** When the state became what it is, in milliseconds of the browser's clock. */
  since: Accessor<number>;
  stats: Accessor<Stats | undefined>;
  timeline: Accessor<MinuteCounts[] | undefined>;
  agents: Accessor<AgentView[] | undefined>;
  /** Passes alerts to `listener` until the function that it returns is called. */
  listen(listener: Listener): () => void;
  /** Asks for what has changed, as after one's own changes: no need to wait for the push. */
  catchUp(): Promise<void>;
  stop(): void;
}

/**
 * Follows the live feed.
 *
 * @param signedOut called when the server no longer knows the session
 */
export function follow(signedOut: () => void): Live {
  const [state, setState] = createSignal<LiveState>('connecting');
  const [since, setSince] = createSignal(Date.now());
  const [stats, setStats] = createSignal<Stats>();
  const [timeline, setTimeline] = createSignal<MinuteCounts[]>();
  const [agents, setAgents] = createSignal<AgentView[]>();
  const listeners = new Set<Listener>();
  /** The place in the store of the newest alert that was told as new: what lies behind it is new. */
  let top: number | undefined;
  let waiting = new Map<number, { alert: StoredAlert; fresh: boolean }>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  const become = (next: LiveState) => {
    if (next === state()) return;
    setSince(Date.now());
    setState(next);
  };

  const flush = () => {
    timer = undefined;
    if (waiting.size === 0) return;
    const held = [...waiting.values()].sort((a, b) => a.alert.revision - b.alert.revision);
    waiting = new Map();
    const fresh = new Set(held.filter((one) => one.fresh).map((one) => one.alert.position));
    for (const listener of listeners)
      listener.batch({ alerts: held.map((one) => one.alert), fresh });
  };

  const hold = (alert: StoredAlert, fresh: boolean) => {
    const before = waiting.get(alert.position);
    const newest = before && before.alert.revision > alert.revision ? before.alert : alert;
    waiting.set(alert.position, { alert: newest, fresh: fresh || (before?.fresh ?? false) });
    timer ??= setTimeout(flush, BATCH_MS);
  };

  /** Places of new alerts that were pushed while it was being caught up. */
  const pushed = new Set<number>();
  const isNew = ({ position }: StoredAlert) =>
    top !== undefined && position > top && !pushed.has(position);
  let missedTop = 0;
  const missing = catchingUp({
    missed(alert) {
      hold(alert, isNew(alert));
      missedTop = Math.max(missedTop, alert.position);
    },
    reset() {
      waiting.clear();
      for (const listener of listeners) listener.reset();
    },
  });

  let connected = false;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let running = 0;
  const catchUp = async (): Promise<void> => {
    clearTimeout(retry);
    running += 1;
    try {
      await missing.run();
    } catch (error) {
      if (error instanceof Problem && error.isSignedOut) signedOut();
      else if (connected) retry = setTimeout(recover, RETRY_MS);
      throw error;
    } finally {
      running -= 1;
      if (running === 0) {
        if (top !== undefined) top = Math.max(top, missedTop, ...pushed);
        pushed.clear();
      }
    }
  };
  const recover = () => {
    catchUp().then(
      () => {
        if (connected) become('live');
      },
      () => undefined, // Tried again.
    );
  };
  const hello = (revision: number) => {
    connected = true;
    const known = missing.upTo();
    if (known !== undefined && known < revision) {
      recover();
      return;
    }
    missing.startFrom(revision);
    if (known !== undefined && known > revision) {
      // The server lost its store: its places and revisions begin anew.
      top = undefined;
      missedTop = 0;
      waiting.clear();
      for (const listener of listeners) listener.reset();
    }
    become('live');
  };

  const told = (alert: StoredAlert, fresh: boolean) => {
    hold(alert, fresh);
    if (!fresh) return;
    // While it is caught up, what was missed is still told from what was there by the old `top`.
    if (running > 0) pushed.add(alert.position);
    if (running === 0 || top === undefined) top = Math.max(top ?? 0, alert.position);
  };

  const message = (heard: LiveMessage) => {
    switch (heard.type) {
      case 'hello':
        hello(heard.revision);
        break;
      case 'alert':
        told(heard.alert, heard.new);
        missing.heard(heard.alert.revision);
        break;
      case 'changed':
        catchUp().catch(() => undefined);
        break;
      case 'resync':
        missing.backTo(heard.after);
        catchUp().catch(() => undefined);
        break;
      case 'stats':
        setStats(heard.stats);
        break;
      case 'timeline':
        setTimeline(heard.minutes);
        break;
      case 'agents':
        setAgents(heard.agents);
        break;
    }
  };

  const lost = () => {
    connected = false;
    clearTimeout(retry);
    become('lost');
    // A session that is over closes the socket too.
    api.me().catch((error) => {
      if (error instanceof Problem && error.isSignedOut) signedOut();
    });
  };

  const stop = stayConnected({ message, lost }, api.me);
  return {
    state,
    since,
    stats,
    timeline,
    agents,
    catchUp,
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop() {
      clearTimeout(timer);
      clearTimeout(retry);
      stop();
    },
  };
}
