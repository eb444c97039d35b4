/**
 * What was missed, fetched piece by piece: without a gap, whatever is pushed meanwhile.
 *
 * Everything up to `upTo` was passed on. A pushed alert moves it forward only while nothing is known to
 * be missing: what lies between could still be on its way.
 */
import * as api from '../api/client';
import type { StoredAlert } from '../api/types';

/** Pages of what was missed that are fetched; beyond that, lists are loaded anew. */
const PAGES_MAX = 4;

/** Where the missed ones go. */
export interface Sink {
  /** `fresh` where it was not there before the break, as far as can be told. */
  missed(alert: StoredAlert): void;
  /** Too much was missed, or the server's store is another one: load anew. */
  reset(): void;
}

export interface CatchUp {
  /** Everything up to here was passed on; undefined before the first `hello`. */
  upTo(): number | undefined;
  /** All up to `revision` is known, whatever was known before. */
  startFrom(revision: number): void;
  /** An alert with this revision was pushed and passed on. */
  heard(revision: number): void;
  /** Nothing after `revision` is certain. */
  backTo(revision: number): void;
  /** Fetches all that is there now; resolves when it was passed on. */
  run(): Promise<void>;
}

export function catchingUp(sink: Sink): CatchUp {
  let upTo: number | undefined;
  /** The highest revision pushed since something was known to be missing. */
  let pushed = 0;
  /** Whether something is missing: until a fetch has succeeded that nobody asked to repeat. */
  let behind = false;
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  const fetchAll = async () => {
    let after = upTo;
    if (after === undefined) return;
    for (let page = 0; page < PAGES_MAX; page += 1) {
      const missed = await api.changes(after);
      for (const alert of missed.alerts) sink.missed(alert);
      if (missed.revision < after) {
        upTo = missed.revision;
        sink.reset();
        return;
      }
      after = missed.revision;
      upTo = after;
      if (!missed.more) return;
    }
    const { revision } = await api.stats();
    upTo = revision;
    sink.reset();
  };

  const run = (): Promise<void> => {
    if (running) {
      // What is asked already may not see what the caller knows of: one more time, for all callers.
      next ??= running.catch(() => undefined).then(() => run());
      return next;
    }
    next = undefined;
    pushed = 0;
    behind = true;
    const done = () => {
      // Nobody asked for more meanwhile: then what was pushed came without a gap.
      if (next || upTo === undefined) return;
      upTo = Math.max(upTo, pushed);
      behind = false;
    };
    running = fetchAll()
      .then(done)
      .finally(() => {
        running = undefined;
      });
    return running;
  };

  return {
    upTo: () => upTo,
    startFrom(revision) {
      upTo = revision;
      behind = false;
    },
    heard(revision) {
      if (behind) pushed = Math.max(pushed, revision);
      else upTo = Math.max(upTo ?? 0, revision);
    },
    backTo(revision) {
      upTo = Math.min(upTo ?? revision, revision);
    },
    run,
  };
}
