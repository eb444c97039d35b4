import { A } from '@solidjs/router';
import { createSignal, Index } from 'solid-js';
import { plural } from '../number';
import { shortTime } from '../time';
import { total, words } from './series';
import type { Slot } from './slots';

/** How far the keys move. */
const STEPS: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowRight: 1,
  PageUp: -10,
  PageDown: 10,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

/**
 * A link over each column of a chart, to its alerts. All are one stop of the Tab key; arrows move
 * between them. `show` is told which one is looked at, by pointer or by focus.
 */
export function Columns(props: {
  label: string;
  slots: readonly Slot[];
  show: (index: number | undefined) => void;
}) {
  const [stop, setStop] = createSignal<number>();
  let group: HTMLDivElement | undefined;
  const last = () => props.slots.length - 1;
  const current = () => Math.min(stop() ?? last(), last());
  const move = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(last(), current() + step));
    setStop(next);
    (group?.children[next] as HTMLElement | undefined)?.focus();
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms
    <div class="columns" role="group" aria-label={props.label} ref={group}>
      <Index each={props.slots}>
        {(slot, index) => (
          <A
            class="column"
            href={slot().href}
            tabindex={index === current() ? 0 : -1}
            aria-label={`${shortTime(slot().at)}: ${plural(total(slot().counts), 'alert')}${
              total(slot().counts) > 0 ? `, ${words(slot().counts)}` : ''
            }`}
            onKeyDown={move}
            onFocus={() => {
              setStop(index);
              props.show(index);
            }}
            onBlur={() => props.show(undefined)}
            onPointerEnter={() => props.show(index)}
            onPointerLeave={() => props.show(undefined)}
          />
        )}
      </Index>
    </div>
  );
}
