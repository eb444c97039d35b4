import { createMemo, For, Show } from 'solid-js';
import type { MinuteCounts, Stats } from '../../api/types';
import { useSession } from '../../state/session';
import { FORMULA, FRESH, LEVELS, threat, unacknowledged, WEIGHTS } from '../../state/threat';
import { Card } from '../../ui/charts/Card';
import { Gauge } from '../../ui/charts/Gauge';
import { NONE, sum, words } from '../../ui/charts/series';
import { count } from '../../ui/number';
import { Loading } from '../../ui/states';
import { followHandled } from './handled';

const NAMES = LEVELS.map((level) => level.name);

/** How bad it is, and why. */
export function ThreatLevel(props: {
  stats: Stats | undefined;
  timeline: MinuteCounts[] | undefined;
  stale: string | undefined;
}) {
  const { live } = useSession();
  const handled = followHandled(live);
  const open = createMemo(() =>
    props.stats && props.timeline
      ? unacknowledged(props.timeline, props.stats.unacknowledged, handled())
      : undefined,
  );
  const now = createMemo(() => {
    const minutes = open();
    return minutes && threat(minutes);
  });
  const why = () => {
    const counts = sum((open() ?? []).map((minute) => minute.alerts));
    return counts === NONE || words(counts) === 'none'
      ? 'Nothing of the last hour is unacknowledged.'
      : // A number stays beside what it counts.
        `Not acknowledged, of the last hour: ${words(counts).replace(/(\d) /g, '$1\u00a0')}.`;
  };
  return (
    <Card title="Threat level" area="threat" stale={props.stale}>
      <Show when={now()} fallback={<Loading what="the threat level" />}>
        {(now) => (
          <>
            <div class="threat" data-level={now().level}>
              <Gauge
                label={`Threat level ${now().level}, score ${score(now().score)}`}
                hint={FORMULA.join('\n')}
                steps={NAMES}
                current={now().index}
                part={now().part}
              />
              <p class="level" role="status">
                <span class="visually-hidden">Threat level: </span>
                {now().level}
              </p>
              <p class="muted">Score {score(now().score)}</p>
            </div>
            <ol class="ladder" aria-hidden="true">
              <For each={NAMES}>{(name) => <li data-here={name === now().level}>{name}</li>}</For>
            </ol>
            <p class="why">
              {why()}
              <Show when={now().held}>
                {' '}
                Held at HIGH by a CRITICAL alert of the last {FRESH} minutes.
              </Show>
            </p>
            <details class="how">
              <summary>How is this counted?</summary>
              <table class="plain">
                <thead>
                  <tr>
                    <th scope="col">Severity</th>
                    <th scope="col">Open</th>
                    <th scope="col">Each</th>
                    <th scope="col">Now</th>
                  </tr>
                </thead>
                <tbody>
                  <For each={now().shares}>
                    {(share) => (
                      <tr>
                        <th scope="row">{share.severity}</th>
                        <td>{count(share.alerts)}</td>
                        <td>{WEIGHTS[share.severity]}</td>
                        <td>{score(share.points)}</td>
                      </tr>
                    )}
                  </For>
                </tbody>
              </table>
              <ul>
                <For each={FORMULA}>{(sentence) => <li>{sentence}</li>}</For>
              </ul>
            </details>
          </>
        )}
      </Show>
    </Card>
  );
}

/** `12.3`, `1,234`. */
const score = (score: number): string =>
  score < 100 ? String(Number(score.toFixed(1))) : count(Math.round(score));
