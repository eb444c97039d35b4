import { For } from 'solid-js';
import type { InterfaceReport } from '../../api/types';
import { LOSS_ALARM, shareOf } from '../../state/loss';
import { count, percent, short } from '../../ui/number';

const STATES: Record<InterfaceReport['state'], readonly [string, string]> = {
  up: ['●', 'Captured on'],
  down: ['▼', 'There, but down; capture goes on when it is up again'],
  gone: ['✕', 'Not there; capture goes on when it comes back'],
};

/** What an agent captures on, one line each. */
export function Interfaces(props: { of: readonly InterfaceReport[] }) {
  return (
    <table class="plain interfaces">
      <caption class="visually-hidden">Interfaces</caption>
      <thead>
        <tr>
          <th scope="col">Interface</th>
          <th scope="col">Received</th>
          <th scope="col" title="Dropped by the kernel, because its buffer was full">
            Kernel
          </th>
          <th scope="col" title="Dropped by the interface or its driver">
            Driver
          </th>
          <th scope="col">Lost</th>
        </tr>
      </thead>
      <tbody>
        <For each={props.of}>{(report) => <Line of={report} />}</For>
      </tbody>
    </table>
  );
}

function Line(props: { of: InterfaceReport }) {
  const share = () =>
    shareOf(props.of.dropped_kernel + props.of.dropped_interface, props.of.received);
  return (
    <tr>
      <th scope="row">
        <span class="wire mono">{props.of.name}</span>{' '}
        <span class="state" data-state={props.of.state} title={STATES[props.of.state][1]}>
          <span aria-hidden="true">{STATES[props.of.state][0]} </span>
          {props.of.state}
        </span>
      </th>
      <td title={count(props.of.received)}>{short(props.of.received)}</td>
      <td title={count(props.of.dropped_kernel)}>{short(props.of.dropped_kernel)}</td>
      <td title={count(props.of.dropped_interface)}>{short(props.of.dropped_interface)}</td>
      <td classList={{ 'tone-critical': share() > LOSS_ALARM }}>{percent(share())}</td>
    </tr>
  );
}
