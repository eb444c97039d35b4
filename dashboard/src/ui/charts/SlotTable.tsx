import { createSignal, For, Show } from 'solid-js';
import { SEVERITIES } from '../../api/types';
import { count } from '../number';
import { Time } from '../Time';
import { countOf, total } from './series';
import type { Slot } from './slots';

/** The numbers of a chart as a table, for whoever reads rather than looks. Made when it is opened. */
export function SlotTable(props: { caption: string; slots: readonly Slot[] }) {
  const [open, setOpen] = createSignal(false);
  const some = () => props.slots.filter((slot) => total(slot.counts) > 0).reverse();
  return (
    <details class="as-table" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>As a table</summary>
      <Show when={open()}>
        <section class="scroll-table" tabindex="0" aria-label={props.caption}>
          <table class="plain">
            <caption>
              {props.caption}.{' '}
              {some().length === 0 ? 'There are none.' : 'Times without are left out.'}
            </caption>
            <thead>
              <tr>
                <th scope="col">From</th>
                <For each={SEVERITIES}>{(level) => <th scope="col">{level}</th>}</For>
              </tr>
            </thead>
            <tbody>
              <For each={some()}>
                {(slot) => (
                  <tr>
                    <th scope="row">
                      <Time at={slot.at} />
                    </th>
                    <For each={SEVERITIES}>
                      {(level) => <td>{count(countOf(slot.counts, level))}</td>}
                    </For>
                  </tr>
                )}
              </For>
            </tbody>
          </table>
        </section>
      </Show>
    </details>
  );
}
