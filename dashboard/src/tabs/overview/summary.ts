/** Counters, timeline and agents: what the server pushes, and what it is asked for until it does. */
import { type Accessor, createSignal, onCleanup } from 'solid-js';
import * as api from '../../api/client';
import type { AgentView, MinuteCounts, Stats } from '../../api/types';
import type { Live } from '../../live/live';

/** How long the first push may take before the server is asked. */
export const PATIENCE_MS = 1_000;

export interface Summary {
  stats: Accessor<Stats | undefined>;
  timeline: Accessor<MinuteCounts[] | undefined>;
  agents: Accessor<AgentView[] | undefined>;
  /** Why there is nothing to show, if asking failed. */
  error: Accessor<unknown>;
  again: () => void;
}

/** Follows `live`. What was pushed always goes before what was asked for. */
export function summary(live: Live): Summary {
  const [stats, setStats] = createSignal<Stats>();
  const [timeline, setTimeline] = createSignal<MinuteCounts[]>();
  const [agents, setAgents] = createSignal<AgentView[]>();
  const [error, setError] = createSignal<unknown>();
  const pushed = () => live.stats() && live.timeline() && live.agents();

  const again = async () => {
    setError(undefined);
    if (pushed()) return;
    try {
      await Promise.all([
        api.stats().then(setStats),
        api.timeline(60).then(setTimeline),
        api.agents().then(setAgents),
      ]);
    } catch (thrown) {
      setError(thrown);
    }
  };
  const timer = setTimeout(again, PATIENCE_MS);
  onCleanup(() => clearTimeout(timer));

  return {
    stats: () => live.stats() ?? stats(),
    timeline: () => live.timeline() ?? timeline(),
    agents: () => live.agents() ?? agents(),
    error,
    again: () => void again(),
  };
}
