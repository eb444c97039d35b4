/** Who is there to watch the network. */
import type { AgentView } from '../api/types';

/**
 * Whether an agent is, or was when it was last heard, there to watch. One that is gone and never told of
 * an interface has only replayed a capture: nobody waits for it.
 */
export const watches = (agent: AgentView): boolean =>
  agent.online || (agent.heartbeat?.interfaces ?? []).length > 0;

/** Those that somebody should look after: they watched, are not heard, and nobody revoked them. */
export const silent = (agents: readonly AgentView[]): AgentView[] =>
  agents.filter((agent) => !agent.online && !agent.revoked && watches(agent));
