/** The packets that all agents together lost, as they tell it in their heartbeats. */
import type { AgentView } from '../../api/types';
import { loss, shareOf } from '../../state/loss';

/** What was lost by all, of how many; the counters run since each agent's start. */
export interface Losses {
  lost: number;
  received: number;
  /** `lost` of `received`, from 0 to 1. */
  share: number;
  /** The agent with the largest share, if any lost something. */
  worst: { agent: AgentView; share: number } | undefined;
  /** How many agents that counts. */
  agents: number;
}

/** The loss of all agents that are online and capture on something. */
export function losses(agents: readonly AgentView[]): Losses {
  let lost = 0;
  let received = 0;
  let counted = 0;
  let worst: Losses['worst'];
  for (const agent of agents) {
    if (!agent.online || !agent.heartbeat || agent.heartbeat.interfaces.length === 0) continue;
    const own = loss(agent.heartbeat);
    counted += 1;
    lost += own.kernel + own.interface + own.agent;
    received += own.received;
    if (own.share > (worst?.share ?? 0)) worst = { agent, share: own.share };
  }
  return { lost, received, share: shareOf(lost, received), worst, agents: counted };
}
