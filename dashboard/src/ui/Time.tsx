import { type Accessor, createRoot, createSignal } from 'solid-js';
import { ago, shortTime, utc } from './time';

/** The time now, to ten seconds: one clock for all that is shown as "ago". */
export const now: Accessor<number> = createRoot(() => {
  const [time, setTime] = createSignal(Date.now());
  setInterval(() => setTime(Date.now()), 10_000);
  return time;
});

/** A moment in the viewer's zone; UTC on hover. With `ago`, how long ago it was. */
export function Time(props: { at: string; ago?: boolean }) {
  const text = () => (props.ago ? ago(props.at, now()) : shortTime(props.at, now()));
  const title = () => (props.ago ? `${shortTime(props.at)} · ${utc(props.at)}` : utc(props.at));
  return (
    <time dateTime={props.at} title={title()}>
      {text()}
    </time>
  );
}
