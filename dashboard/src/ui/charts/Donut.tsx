import { A } from '@solidjs/router';
import { createUniqueId, For, Index, Show } from 'solid-js';
import { SEVERITIES, type Severity, type SeverityCounts } from '../../api/types';
import { count, plural, short } from '../number';
import { MARK } from '../Severity';
import { point, sector } from './arc';
import { fillOf, Patterns } from './Patterns';
import { countOf, stack, total, words } from './series';
import './charts.css';
import './shapes.css';

/** A part this small has no room for its mark. */
const MARKED_FROM = 0.03;

/** Which part of all is of which severity. `link` tells where those of a severity are. */
export function Donut(props: { counts: SeverityCounts; link: (level: Severity) => string }) {
  const id = createUniqueId();
  const all = () => total(props.counts);
  const turn = (number: number) => (all() === 0 ? 0 : number / all());
  return (
    <div class="donut">
      <svg viewBox="0 0 160 160" role="img" aria-label={`By severity: ${words(props.counts)}`}>
        <Patterns id={id} />
        <circle class="ring" cx="80" cy="80" r="52" />
        <Index each={stack(props.counts)}>
          {(piece) => {
            const from = () => turn(piece().from);
            const to = () => turn(piece().from + piece().size);
            const mark = () => point(80, 80, 72, (from() + to()) / 2);
            return (
              <Show when={piece().size > 0}>
                <path
                  class="slice"
                  d={sector(80, 80, [42, 62], from(), to())}
                  fill={fillOf(id, piece().level)}
                />
                <Show when={to() - from() >= MARKED_FROM}>
                  <text
                    class={`slice-mark tone-${piece().level.toLowerCase()}`}
                    x={mark()[0]}
                    y={mark()[1]}
                  >
                    {MARK[piece().level]}
                  </text>
                </Show>
              </Show>
            );
          }}
        </Index>
        <text class="donut-total" x="80" y="80">
          {short(all())}
        </text>
        <text class="donut-unit" x="80" y="97">
          {all() === 1 ? 'alert' : 'alerts'}
        </text>
      </svg>
      <ul class="shares">
        <For each={SEVERITIES}>
          {(level) => (
            <li>
              <A href={props.link(level)} title={plural(countOf(props.counts, level), 'alert')}>
                <span class={`tone-${level.toLowerCase()}`}>
                  <span aria-hidden="true">{MARK[level]}</span> {level}
                </span>
                <span>{count(countOf(props.counts, level))}</span>
                <span class="muted">{share(turn(countOf(props.counts, level)))}</span>
              </A>
            </li>
          )}
        </For>
      </ul>
    </div>
  );
}

/** `12 %`; what is there is never told to be nothing, nor what is not all to be all. */
export function share(part: number): string {
  if (part > 0 && part < 0.005) return '<1 %';
  if (part < 1 && part > 0.995) return '>99 %';
  return `${Math.round(part * 100)} %`;
}
