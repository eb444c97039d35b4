/** Packets that were on the wire and that no detector saw. */
import type { AgentView } from '../api/types';

type Heartbeat = NonNullable<AgentView['heartbeat']>;

/** What one agent lost since it started, by where, and of how many. */
export interface Loss {
  /** Because the kernel's buffer was full. */
  kernel: number;
  /** By an interface or its driver. */
  interface: number;
  /** Captured, and then not judged. */
  agent: number;
  /** Packets that reached the capture. */
  received: number;
  /** All that was lost, of what was received: 0 to 1, as the agents' own alarm counts it. */
  share: number;
}

/** A loss above this is what agents raise `sensor/packet_loss` for. */
export const LOSS_ALARM = 0.01;

export function loss(heartbeat: Heartbeat): Loss {
  const sum = (of: (report: Heartbeat['interfaces'][number]) => number) =>
    heartbeat.interfaces.reduce((total, report) => total + of(report), 0);
  const kernel = sum((report) => report.dropped_kernel);
  const onInterface = sum((report) => report.dropped_interface);
  const agent = heartbeat.dropped_agent;
  const received = sum((report) => report.received);
  return {
    kernel,
    interface: onInterface,
    agent,
    received,
    share: shareOf(kernel + onInterface + agent, received),
  };
}

/** `lost` of `received`, from 0 to 1: counters of drivers may be absurd. */
export function shareOf(lost: number, received: number): number {
  if (lost <= 0) return 0;
  return received > 0 ? Math.min(1, lost / received) : 1;
}
