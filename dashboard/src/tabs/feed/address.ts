/** The feed's part of the address: the filter, and the alert that is open. */
import { useLocation, useNavigate } from '@solidjs/router';
import { type Accessor, createMemo } from 'solid-js';
import { EVERYTHING, type Filter, parseFilter, toSearch } from '../../state/filter';

const PATH = '/feed';

export interface FeedAddress {
  filter: Accessor<Filter>;
  /** Narrows anew. `typing` leaves no trail of letters on the way back. */
  narrow(change: Partial<Filter>, typing?: boolean): void;
  clear(): void;
  /** The position of the alert that is open. */
  selected: Accessor<number | undefined>;
  open(position: number): void;
  /** Closes the alert: the way back leads past it. */
  close(): void;
}

/** Where the feed with this filter is. */
export const feedHref = (filter: Partial<Filter>): string =>
  `${PATH}${toSearch({ ...EVERYTHING, ...filter })}`;

/** `search` with the alert at `position` open, or with none. */
export function withAlert(search: string, position: number | undefined): string {
  const given = new URLSearchParams(search);
  given.delete('alert');
  if (position !== undefined) given.set('alert', String(position));
  const text = given.toString();
  return text === '' ? '' : `?${text}`;
}

/** The position that `search` opens. */
export function openIn(search: string): number | undefined {
  const text = new URLSearchParams(search).get('alert') ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** How many sheets were opened one after another, by the browser's own memory of the way here. */
function depth(): number {
  const state: unknown = history.state;
  const sheets =
    typeof state === 'object' && state !== null && 'sheets' in state ? Number(state.sheets) : 0;
  return Number.isInteger(sheets) && sheets > 0 ? sheets : 0;
}

/** The address as the feed uses it. Only within a router. */
export function useFeedAddress(): FeedAddress {
  const location = useLocation();
  const navigate = useNavigate();
  // The address of another page, while that is on its way, is none of ours.
  const search = createMemo<string>(
    (before) => (location.pathname === PATH ? location.search : before),
    location.search,
  );
  const filter = createMemo(() => parseFilter(search()), undefined, {
    equals: (a, b) => toSearch(a) === toSearch(b),
  });
  const go = (text: string, options: { replace?: boolean; state?: { sheets: number } } = {}) =>
    navigate(`${PATH}${text}`, { scroll: false, resolve: false, ...options });
  return {
    filter,
    narrow: (change, typing = false) =>
      go(toSearch({ ...filter(), ...change }), { replace: typing }),
    clear: () => go(''),
    selected: createMemo(() => openIn(search())),
    open(position) {
      go(withAlert(search(), position), { state: { sheets: depth() + 1 } });
    },
    close() {
      const opened = depth();
      if (opened > 0) navigate(-opened);
      else go(withAlert(search(), undefined), { replace: true });
    },
  };
}
