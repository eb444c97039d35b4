import { createEffect, Match, on, Show, Switch } from 'solid-js';
import { useSession } from '../../state/session';
import { count, plural } from '../../ui/number';
import { Empty, Failed, Loading } from '../../ui/states';
import { useFeedAddress } from './address';
import { Detail } from './Detail';
import { Filters, narrowing } from './Filters';
import { createFeed } from './feed';
import { List, type ListHandle } from './List';
import { TriageAll } from './TriageAll';
import { totalFrom } from './total';
import './feed.css';

/** All alerts, the newest first, as they come. */
export default function Feed() {
  const session = useSession();
  const address = useFeedAddress();
  let list: ListHandle | undefined;
  const feed = createFeed(address.filter, session.live, (rows) => list?.removedAbove(rows));
  // Without rows nobody looks at any: then the server is asked whether there are others.
  createEffect(() => {
    if (feed.size() === 0) feed.see(0, 0);
  });

  createEffect(on(address.filter, () => list?.toTop(), { defer: true }));

  const total = () => {
    if (!feed.more() && !feed.loading()) return feed.size();
    return totalFrom(address.filter(), session.live.stats());
  };
  const narrowed = () =>
    narrowing(address.filter()) > 0 ||
    address.filter().severity.length > 0 ||
    address.filter().text !== '';
  const show = () => {
    feed.show();
    list?.toTop();
  };

  return (
    <section class="feed" aria-labelledby="feed-title">
      <h2 id="feed-title" class="visually-hidden">
        Live Feed
      </h2>
      <Filters address={address} feed={feed} />
      <div class="feed-line row">
        <span class="muted">
          <Summary loading={feed.loading()} total={total()} loaded={feed.size()} />
        </span>
        <Show when={feed.pending() > 0}>
          <button type="button" class="button primary feed-new" onClick={show}>
            {plural(feed.pending(), 'new alert')} — show
          </button>
        </Show>
        <Show when={session.may('analyst') && feed.size() > 0}>
          <div class="row feed-all">
            <TriageAll filter={address.filter()} known={total()} seen={feed.seen} />
          </div>
        </Show>
      </div>
      <Show when={feed.tailError()}>
        {(error) => <Failed error={error()} retry={feed.reload} />}
      </Show>
      <Switch>
        <Match when={feed.error()}>
          {(error) => <Failed error={error()} retry={feed.reload} />}
        </Match>
        <Match when={feed.size() > 0}>
          <List
            feed={feed}
            total={total()}
            open={address.open}
            handle={(given) => {
              list = given;
            }}
          />
        </Match>
        <Match when={feed.loading() || feed.more()}>
          <Loading what="alerts" />
        </Match>
        <Match when={narrowed()}>
          <Empty title="No alert passes this filter">
            New ones that do will appear here.{' '}
            <button type="button" class="button" onClick={() => address.clear()}>
              Clear the filter
            </button>
          </Empty>
        </Match>
        <Match when={true}>
          <Empty title="All quiet">
            No agent has told of anything. What they find appears here at once.
          </Empty>
        </Match>
      </Switch>
      <Show when={address.selected() !== undefined}>
        <Detail position={address.selected() ?? 0} open={address.open} close={address.close} />
      </Show>
    </section>
  );
}

function Summary(props: { loading: boolean; total: number | undefined; loaded: number }) {
  const text = () => {
    if (props.loading) return 'Loading…';
    if (props.total !== undefined) return plural(props.total, 'alert');
    return `${count(props.loaded)} alerts so far; scroll for older ones`;
  };
  return <>{text()}</>;
}
