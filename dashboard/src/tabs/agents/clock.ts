/** Whether an agent's clock is wrong: its alerts then lie at the wrong place in time. */
import type { AgentView } from '../../api/types';

/** A heartbeat from the future: no delay explains it. */
const AHEAD_S = 5;
/** An alert after the heartbeat makes it look late by up to a heartbeat's interval. */
const BEHIND_S = 120;

/** Seconds that the clock is ahead of the server's, or behind where negative; nothing if none is told. */
export function clockOff(agent: AgentView): number | undefined {
  // What an agent says of its own is compared with when the server heard it: not with the browser's clock.
  if (!agent.heartbeat || !agent.online) return undefined;
  const seconds = (Date.parse(agent.heartbeat.at) - Date.parse(agent.last_seen)) / 1000;
  return seconds > AHEAD_S || seconds < -BEHIND_S ? seconds : undefined;
}
