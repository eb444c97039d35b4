/** Suppressions as they are, and anew when they may have matched something. */
import { createEffect, on, onCleanup } from 'solid-js';
import * as api from '../../api/client';
import type { Suppression } from '../../api/types';
import type { Live } from '../../live/live';
import { type Asked, ask } from '../../state/ask';

/** In a flood the counters change every second: hits need not be as fresh. */
export const AGAIN_MS = 5_000;

export function freshSuppressions(live: Live): Asked<Suppression[]> {
  const asked = ask(() => true, api.suppressions);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const later = () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      asked.again();
    }, AGAIN_MS);
  };
  createEffect(on([() => live.stats()?.suppressed, live.state], later, { defer: true }));
  onCleanup(() => clearTimeout(timer));
  return asked;
}
