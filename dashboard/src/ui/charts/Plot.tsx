import { createMemo, createSignal, Index, type ParentProps, Show } from 'solid-js';
import { count, plural } from '../number';
import { Time } from '../Time';
import { shortTime } from '../time';
import { Columns } from './Columns';
import { Legend, Marks } from './Marks';
import { SlotTable } from './SlotTable';
import { sum, total } from './series';
import type { Slot } from './slots';
import './charts.css';

/** Where on the axis of time there are words. */
const TICKS = [0, 0.25, 0.5, 0.75, 1] as const;
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });

/**
 * What charts over time have around them: axes, a line that tells of the column looked at, links to
 * its alerts, and the same as a table. The drawing is the child.
 */
export function Plot(
  props: ParentProps<{
    /** What is shown, such as `Alerts of the last 60 minutes`. */
    label: string;
    slots: readonly Slot[];
    /** Where the axis of numbers ends. */
    top: number;
    /** What the axis counts. */
    unit: string;
  }>,
) {
  const [shown, setShown] = createSignal<number>();
  const slot = () => {
    const index = shown();
    return index === undefined ? undefined : props.slots[index];
  };
  const all = createMemo(() => sum(props.slots.map((slot) => slot.counts)));
  return (
    <div class="plot">
      <p class="readout" aria-hidden="true">
        <Show
          when={slot()}
          fallback={
            <>
              {plural(total(all()), 'alert')} <Marks counts={all()} />
            </>
          }
        >
          {(slot) => (
            <>
              <strong>
                <Time at={slot().at} />
                {slot().minutes > 1 ? ` – ${shortTime(slot().until)}` : ''}
              </strong>{' '}
              {plural(total(slot().counts), 'alert')}
              {slot().minutes > 1 ? `, ${rate(slot())} a minute` : ''}{' '}
              <Marks counts={slot().counts} />
            </>
          )}
        </Show>
      </p>
      <div class="frame">
        <div class="axis-y" aria-hidden="true" title={props.unit}>
          <span>{tick(props.top)}</span>
          <span>{tick(props.top / 2)}</span>
          <span>0</span>
        </div>
        <div class="drawing">
          {props.children}
          <Columns
            label={`${props.label}: arrow keys move, Enter opens the alerts`}
            slots={props.slots}
            show={setShown}
          />
        </div>
        <div class="axis-x" aria-hidden="true">
          <Index each={TICKS}>{(tick) => <span>{timeAt(props.slots, tick())}</span>}</Index>
        </div>
      </div>
      <div class="below">
        <span class="muted">{props.unit}</span>
        <Legend />
      </div>
      <SlotTable caption={props.label} slots={props.slots} />
    </div>
  );
}

const tick = (number: number): string =>
  number >= 1 ? count(number) : String(Number(number.toPrecision(2)));

const rate = (slot: Slot): string => tick(Number((total(slot.counts) / slot.minutes).toFixed(2)));

/** When the slot at a part of the axis begins. */
function timeAt(slots: readonly Slot[], part: number): string {
  const slot = slots[Math.round(part * (slots.length - 1))];
  return slot ? clock.format(new Date(slot.at)) : '';
}
