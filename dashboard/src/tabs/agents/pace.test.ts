import { createRoot, createSignal } from 'solid-js';
import { describe, expect, it } from 'vitest';
import type { AgentView } from '../../api/types';
import { aHeartbeat, anAgent } from '../../testing/session';
import { paces } from './pace';

const beat = (seconds: number, packets: number) =>
  anAgent({
    heartbeat: aHeartbeat({ at: new Date(seconds * 1000).toISOString(), packets }),
  });

function paceOf(...beats: AgentView[]) {
  const [agents, setAgents] = createSignal<AgentView[]>();
  let pace!: Record<string, number>;
  createRoot(() => {
    pace = paces(agents);
  });
  for (const one of beats) setAgents([one]);
  return pace.a1;
}

describe('paces', () => {
  it('needs two heartbeats', () => expect(paceOf(beat(0, 100))).toBeUndefined());

  it('is what came between the two latest', () => {
    expect(paceOf(beat(0, 100), beat(30, 400), beat(40, 500))).toBe(10);
  });

  it('is not changed by hearing the same heartbeat again', () => {
    expect(paceOf(beat(0, 0), beat(10, 50), beat(10, 50))).toBe(5);
  });

  it('is not known when the agent started anew', () => {
    expect(paceOf(beat(0, 500), beat(30, 800), beat(60, 3))).toBeUndefined();
  });

  it('knows nothing of agents without heartbeats', () => {
    expect(paceOf(anAgent({ heartbeat: null }))).toBeUndefined();
  });
});
