/** Asking the server for something that is shown, and asking it to do something. */
import { type Accessor, createResource, createSignal } from 'solid-js';
import { told } from '../api/problem';

/** What was asked for. */
export interface Asked<T> {
  /** The latest that is known; stays while it is asked for anew, and goes when that fails. */
  value: Accessor<T | undefined>;
  /** Why the last attempt failed, if it did. */
  error: Accessor<unknown>;
  loading: Accessor<boolean>;
  again: () => void;
}

/** Asks now, and anew whenever what `source` gives changes; not while it gives nothing. */
export function ask<S, T>(
  source: Accessor<S | undefined | null | false>,
  fetch: (source: S) => Promise<T>,
): Asked<T> {
  const [resource, { refetch }] = createResource(source, async (given: S) => fetch(given));
  // Reading it before there is anything would suspend the whole page: it would be taken out and put
  // back in, and come back with lists scrolled to the top and dialogs that are no longer modal.
  const isThere = () => resource.state === 'ready' || resource.state === 'refreshing';
  return {
    value: () => (isThere() ? resource.latest : undefined),
    error: () => resource.error,
    loading: () => resource.loading,
    again: () => void refetch(),
  };
}

/** Something that the server is asked to do. */
export interface Doing {
  busy: Accessor<boolean>;
  /** Why it was not done, for people. */
  problem: Accessor<string | undefined>;
  /** Does it; tells whether it was done. A second call meanwhile does nothing. */
  run: (work: () => Promise<unknown>) => Promise<boolean>;
}

/** For buttons and forms. */
export function doing(): Doing {
  const [busy, setBusy] = createSignal(false);
  const [problem, setProblem] = createSignal<string>();
  return {
    busy,
    problem,
    async run(work) {
      if (busy()) return false;
      setBusy(true);
      setProblem(undefined);
      try {
        await work();
        return true;
      } catch (error) {
        setProblem(told(error));
        return false;
      } finally {
        setBusy(false);
      }
    },
  };
}
