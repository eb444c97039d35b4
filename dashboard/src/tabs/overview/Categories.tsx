import { Match, Switch } from 'solid-js';
import * as api from '../../api/client';
import { EVERYTHING, toSearch } from '../../state/filter';
import { keep } from '../../state/keep';
import { useSession } from '../../state/session';
import { Card } from '../../ui/charts/Card';
import { HBars } from '../../ui/charts/HBars';
import { Empty, Failed, Loading } from '../../ui/states';

const SHOWN = 8;
/** Asked for anew this often, and after alerts came, but not more often than that. */
const EVERY_MS = 60_000;
const AT_MOST_MS = 10_000;

/** What kinds of attacks there were most. */
export function Categories(props: { stale: string | undefined }) {
  const { live } = useSession();
  const categories = keep(
    () => '24h',
    (since) => api.categories(since),
    { every: EVERY_MS, live, atMost: AT_MOST_MS },
  );
  const bars = () =>
    (categories.value() ?? []).slice(0, SHOWN).map(({ detector, category, alerts }) => ({
      name: category,
      counts: alerts,
      href: `/feed${toSearch({ ...EVERYTHING, detector: [detector], since: '24h' })}`,
    }));
  return (
    <Card title="Top categories, 24 hours" area="categories" stale={props.stale}>
      <Switch fallback={<HBars label="Alerts by category" bars={bars()} />}>
        <Match when={categories.value() === undefined && categories.error()}>
          {(error) => <Failed error={error()} retry={categories.again} />}
        </Match>
        <Match when={categories.value() === undefined}>
          <Loading what="the categories" />
        </Match>
        <Match when={bars().length === 0}>
          <Empty title="No alerts in 24 hours">A calm day.</Empty>
        </Match>
      </Switch>
    </Card>
  );
}
