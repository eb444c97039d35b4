import { Show } from 'solid-js';
import type { AgentView } from '../../api/types';
import { LOSS_ALARM, loss } from '../../state/loss';
import { bytes, count, percent, short } from '../../ui/number';
import { span } from '../../ui/time';
import { Fact } from './Fact';
import { Interfaces } from './Interfaces';

type Heartbeat = NonNullable<AgentView['heartbeat']>;

/** What an agent's heartbeat counts. `fresh` unless it is old: then there is no rate now. */
export function Counters(props: { of: Heartbeat; pace: number | undefined; fresh: boolean }) {
  const lost = () => loss(props.of);
  return (
    <>
      <dl class="facts">
        <Fact name="Packets">
          <span title={count(props.of.packets)}>{short(props.of.packets)}</span>
          <Show when={props.fresh}>
            {' '}
            <Pace of={props.of} pace={props.pace} />
          </Show>
        </Fact>
        <Fact name="Lost" two bad={lost().share > LOSS_ALARM} title="Of the packets received">
          {percent(lost().share)}{' '}
          <span class="muted">
            kernel {short(lost().kernel)}, driver {short(lost().interface)}, agent{' '}
            {short(lost().agent)}
          </span>
        </Fact>
        <Spool of={props.of.spool} />
        <Fact name="Malformed" title="Packets that could not be decoded to the end">
          <span title={count(props.of.malformed)}>{short(props.of.malformed)}</span>
        </Fact>
        <Fact name="Out of order" title="Packets judged at a later time than their own">
          <span title={count(props.of.out_of_order)}>{short(props.of.out_of_order)}</span>
        </Fact>
        <Fact name="Evictions" title="What full tables gave up while it might still have mattered">
          <span title={count(props.of.evictions)}>{short(props.of.evictions)}</span>
        </Fact>
        <Fact name="Memory">
          {props.of.rss_bytes === null ? 'not known' : bytes(props.of.rss_bytes)}
        </Fact>
        <Fact name="Running for">{span(props.of.uptime_s)}</Fact>
        <Fact
          name="Own traffic"
          title="Whether its own connection to the server is judged like all else"
        >
          {props.of.uplink_excluded ? 'not judged' : 'judged'}
        </Fact>
      </dl>
      <Show
        when={props.of.interfaces.length > 0}
        fallback={
          <p class="muted">
            {props.fresh
              ? 'No interface is captured on.'
              : 'It captured on no interface: it has replayed a capture.'}
          </p>
        }
      >
        <Interfaces of={props.of.interfaces} />
      </Show>
    </>
  );
}

function Pace(props: { of: Heartbeat; pace: number | undefined }) {
  const mean = () => (props.of.uptime_s > 0 ? props.of.packets / props.of.uptime_s : 0);
  const rate = () => props.pace ?? mean();
  const what = () =>
    props.pace === undefined
      ? 'On average since the agent started'
      : 'Between its two latest heartbeats';
  return (
    <span class="muted" title={what()}>
      {props.pace === undefined ? '≈ ' : ''}
      {rate() < 10 ? rate().toFixed(1) : short(rate())}/s
    </span>
  );
}

function Spool(props: { of: Heartbeat['spool'] }) {
  return (
    <>
      <Fact name="Spool" title="Alerts that the server has not answered for">
        {short(props.of.alerts)} <span class="muted">{bytes(props.of.bytes)}</span>
      </Fact>
      <Show when={props.of.dropped > 0}>
        <Fact name="Alerts lost" bad title="Dropped because the spool was full">
          {count(props.of.dropped)}
        </Fact>
      </Show>
      <Show when={props.of.rejected > 0}>
        <Fact name="Alerts rejected" bad title="The server would not take them">
          {count(props.of.rejected)}
        </Fact>
      </Show>
    </>
  );
}
