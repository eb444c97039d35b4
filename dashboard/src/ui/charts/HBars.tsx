import { A } from '@solidjs/router';
import { createUniqueId, For, Index, type JSX, Show } from 'solid-js';
import type { SeverityCounts } from '../../api/types';
import { count } from '../number';
import { Marks } from './Marks';
import { fillOf, Patterns } from './Patterns';
import { stack, total } from './series';
import './charts.css';
import './shapes.css';

/** One bar. */
export interface Bar {
  name: string;
  /** What is told beside the name. */
  note?: JSX.Element;
  counts: SeverityCounts;
  /** Where its alerts are. */
  href: string;
}

/** Bars from left to right, by severity, each a link to its alerts. The text says what they show. */
export function HBars(props: { label: string; bars: readonly Bar[] }) {
  const id = createUniqueId();
  const most = () => Math.max(1, ...props.bars.map((bar) => total(bar.counts)));
  return (
    <>
      <svg class="shapes" aria-hidden="true">
        <Patterns id={id} />
      </svg>
      <ol class="hbars" aria-label={props.label}>
        <For each={props.bars}>
          {(bar) => (
            <li>
              <A class="hbar" href={bar.href}>
                <span class="hbar-name">
                  <span class="wire" title={bar.name}>
                    {bar.name}
                  </span>
                  <Show when={bar.note}>
                    <span class="muted"> {bar.note}</span>
                  </Show>
                </span>
                <span class="hbar-counts">
                  <Marks counts={bar.counts} /> <strong>{count(total(bar.counts))}</strong>
                </span>
                <svg class="hbar-bar" aria-hidden="true">
                  <Index each={stack(bar.counts)}>
                    {(piece) => (
                      <rect
                        x={`${(piece().from / most()) * 100}%`}
                        width={`${(piece().size / most()) * 100}%`}
                        height="100%"
                        fill={fillOf(id, piece().level)}
                      />
                    )}
                  </Index>
                </svg>
              </A>
            </li>
          )}
        </For>
      </ol>
    </>
  );
}
