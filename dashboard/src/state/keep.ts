/** What is asked for now and then, and shown meanwhile as it was last known. */
import { type Accessor, createEffect, createSignal, on, onCleanup } from 'solid-js';
import type { Live } from '../live/live';

export interface Kept<T> {
  /** The latest that is known. It stays while it is asked for anew, and if that fails. */
  value: Accessor<T | undefined>;
  /** Why the last attempt failed, if it did. */
  error: Accessor<unknown>;
  loading: Accessor<boolean>;
  /** When `value` was answered, in milliseconds of the browser's clock. */
  at: Accessor<number>;
  again: () => void;
}

export interface Rhythm {
  /** It is asked for anew this often, in milliseconds, while the page is visible. */
  every: number;
  /** Also after alerts that `live` tells of, but `atMost` this often; and when it is live again. */
  live?: Live;
  atMost?: number;
}

/** Asks now, whenever what `source` gives changes, and then in a rhythm. */
export function keep<S, T>(
  source: Accessor<S>,
  fetch: (source: S) => Promise<T>,
  rhythm: Rhythm,
): Kept<T> {
  const [known, setKnown] = createSignal<{ value: T; at: number }>();
  const [error, setError] = createSignal<unknown>();
  const [loading, setLoading] = createSignal(false);
  let asked = 0;
  let askedAt = 0;
  let soon: ReturnType<typeof setTimeout> | undefined;

  const run = async () => {
    clearTimeout(soon);
    soon = undefined;
    asked += 1;
    const mine = asked;
    askedAt = Date.now();
    setLoading(true);
    try {
      const value = await fetch(source());
      if (mine !== asked) return;
      setKnown({ value, at: Date.now() });
      setError(undefined);
    } catch (thrown) {
      if (mine === asked) setError(thrown);
    }
    if (mine === asked) setLoading(false);
  };
  const again = () => void run();

  createEffect(on(source, again));
  createEffect(
    on(
      () => rhythm.live?.state(),
      (state) => state === 'live' && again(),
      { defer: true },
    ),
  );

  const due = () => {
    if (!document.hidden && Date.now() - askedAt >= rhythm.every) again();
  };
  const timer = setInterval(due, rhythm.every);
  document.addEventListener('visibilitychange', due);

  const afterAlerts = () => {
    const wait = askedAt + (rhythm.atMost ?? rhythm.every) - Date.now();
    soon ??= setTimeout(again, Math.max(0, wait));
  };
  const deaf = rhythm.live?.listen({ batch: afterAlerts, reset: afterAlerts });

  onCleanup(() => {
    asked += 1;
    clearTimeout(soon);
    clearInterval(timer);
    document.removeEventListener('visibilitychange', due);
    deaf?.();
  });
  return {
    value: () => known()?.value,
    error,
    loading,
    at: () => known()?.at ?? 0,
    again,
  };
}
