import { Show } from 'solid-js';
import { useSession } from '../../state/session';
import { useStale } from '../../ui/charts/Card';
import { Failed } from '../../ui/states';
import { Categories } from './Categories';
import { Counters } from './Counters';
import { Hour } from './Hour';
import { Latest } from './Latest';
import { summary } from './summary';
import { ThreatLevel } from './Threat';
import { Vitals } from './Vitals';
import './overview.css';

/** How it is now, at a glance. */
export function Overview() {
  const { live } = useSession();
  const { stats, timeline, agents, error, again } = summary(live);
  const stale = useStale();
  const missing = () => !(stats() && timeline() && agents());
  return (
    <>
      <Show when={missing() && error()}>{(error) => <Failed error={error()} retry={again} />}</Show>
      <div class="overview">
        <ThreatLevel stats={stats()} timeline={timeline()} stale={stale()} />
        <Counters stats={stats()} stale={stale()} />
        <Vitals agents={agents()} timeline={timeline()} stale={stale()} />
        <Latest stale={stale()} />
        <Hour timeline={timeline()} stale={stale()} />
        <Categories stale={stale()} />
      </div>
    </>
  );
}
