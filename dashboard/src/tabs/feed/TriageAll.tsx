import { createSignal, Show } from 'solid-js';
import * as api from '../../api/client';
import { ask, doing } from '../../state/ask';
import { type Filter, toSelection } from '../../state/filter';
import { useSession } from '../../state/session';
import { plural } from '../../ui/number';
import { Sheet } from '../../ui/Sheet';
import { COUNTED_MAX, countAll } from './total';

type What = 'acknowledge' | 'archive' | 'unarchive';

const NAMES: Record<What, { button: string; title: string; done: string }> = {
  acknowledge: {
    button: 'Acknowledge all…',
    title: 'Acknowledge all that the filter lets through',
    done: 'acknowledged',
  },
  archive: {
    button: 'Archive all…',
    title: 'Archive all that the filter lets through',
    done: 'archived',
  },
  unarchive: {
    button: 'Bring all back…',
    title: 'Bring back all that the filter lets through',
    done: 'brought back',
  },
};

/** What is about to be done: to what was there when it was asked for. */
interface Order {
  what: What;
  filter: Filter;
  upTo: number;
  known: number | undefined;
}

/** Buttons that do something with everything the filter lets through, shown or not. */
export function TriageAll(props: {
  filter: Filter;
  /** How many these are, where that is known. */
  known: number | undefined;
  /** The newest revision that was on show. */
  seen: () => number;
}) {
  const [order, setOrder] = createSignal<Order>();
  const [done, setDone] = createSignal('');
  const begin = (what: What) => {
    setDone('');
    setOrder({ what, filter: props.filter, upTo: props.seen(), known: props.known });
  };
  const button = (what: What) => (
    <button type="button" class="button" onClick={() => begin(what)}>
      {NAMES[what].button}
    </button>
  );
  return (
    <>
      <span role="status" class="muted">
        {done()}
      </span>
      <Show when={props.filter.acknowledged !== true}>{button('acknowledge')}</Show>
      <Show when={props.filter.archived} fallback={button('archive')}>
        {button('unarchive')}
      </Show>
      <Show when={order()}>
        {(given) => (
          <Confirm
            order={given()}
            close={() => setOrder(undefined)}
            done={(changed) => {
              setDone(`${plural(changed, 'alert')} ${NAMES[given().what].done}.`);
              setOrder(undefined);
            }}
          />
        )}
      </Show>
    </>
  );
}

function Confirm(props: { order: Order; close: () => void; done: (changed: number) => void }) {
  const { live } = useSession();
  const work = doing();
  const counting = ask(
    () => props.order.known === undefined && props.order,
    async ({ filter }) => (await countAll(filter)) ?? 'many',
  );
  const number = () => {
    const counted = props.order.known ?? counting.value();
    if (counted === 'many') return `more than ${plural(COUNTED_MAX, 'alert')}`;
    return counted === undefined ? undefined : plural(counted, 'alert');
  };
  const run = () =>
    work.run(async () => {
      const { what, filter, upTo } = props.order;
      const { changed } = await api.triage({
        selection: { matching: { filter: toSelection(filter), up_to: upTo } },
        triage: what,
      });
      await live.catchUp().catch(() => undefined);
      props.done(changed);
    });
  return (
    <Sheet title={NAMES[props.order.what].title} close={props.close}>
      <div class="stack">
        <p>
          <Show
            when={number()}
            fallback={counting.error() ? 'An unknown number of alerts' : 'Counting…'}
          >
            {(found) => <strong>{found()}</strong>}
          </Show>
          {props.order.what === 'archive'
            ? ' will be put away: lists and counters leave them out, and nothing is deleted.'
            : ''}
          {props.order.what === 'acknowledge' ? ' will be marked as seen by you.' : ''}
          {props.order.what === 'unarchive' ? ' will be in the lists again.' : ''}
        </p>
        <p class="muted">
          Those that scrolling down would show count too. What came or changed after what is on show
          is left alone.
        </p>
        <Show when={work.problem()}>
          {(problem) => (
            <p class="notice" data-tone="bad" role="alert">
              {problem()}
            </p>
          )}
        </Show>
        <div class="row">
          <button type="button" class="button primary" disabled={work.busy()} onClick={run}>
            {work.busy() ? 'At it…' : 'Do it'}
          </button>
          <button type="button" class="button" onClick={() => props.close()}>
            Cancel
          </button>
        </div>
      </div>
    </Sheet>
  );
}
