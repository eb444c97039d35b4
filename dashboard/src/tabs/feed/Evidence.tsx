import { For, Show } from 'solid-js';
import type { Alert } from '../../api/types';
import { count } from '../../ui/number';
import { Time } from '../../ui/Time';
import { span } from '../../ui/time';
import { sentences, valueText, whyLowered } from './evidence';
import { Fact } from './Facts';

/** Rows of the table at most. */
const ROWS_MAX = 200;

/** What the alert rests on: in words, in numbers, and as the detector told it. */
export function Evidence(props: { alert: Alert }) {
  const facts = () => Object.entries(props.alert.evidence);
  return (
    <section class="detail-part">
      <h3>Evidence</h3>
      <For each={sentences(props.alert)}>{(sentence) => <p class="wire">{sentence}</p>}</For>
      <For each={whyLowered(props.alert)}>
        {(sentence) => <p class="notice wire">{sentence}</p>}
      </For>
      <dl class="facts">
        <Fact name="Counted">{count(props.alert.count)}</Fact>
        <Fact name="Threshold">
          {count(props.alert.threshold)}
          <Show when={props.alert.threshold !== props.alert.base_threshold}>
            <span class="muted"> ({count(props.alert.base_threshold)} without reputation)</span>
          </Show>
        </Fact>
        <Fact name="Window">
          {props.alert.window_s === 0 ? 'single packets' : span(props.alert.window_s)}
        </Fact>
        <Fact name="First seen">
          <Time at={props.alert.first_seen} />
        </Fact>
        <Fact name="Last seen">
          <Time at={props.alert.last_seen} />
        </Fact>
      </dl>
      <Show when={facts().length > 0}>
        <details>
          <summary>As data</summary>
          <table class="plain">
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Value</th>
              </tr>
            </thead>
            <tbody>
              <For each={facts().slice(0, ROWS_MAX)}>
                {([name, value]) => (
                  <tr>
                    <td class="wire mono">{name.slice(0, 200)}</td>
                    <td class="wire mono">{valueText(value)}</td>
                  </tr>
                )}
              </For>
            </tbody>
          </table>
        </details>
      </Show>
    </section>
  );
}
