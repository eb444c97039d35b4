/** Where an alert goes that was pushed. */
import type { StoredAlert } from '../../api/types';
import { keyOf } from './key';
import type { Pending } from './pending';
import type { Rows } from './rows';

/** What is known of it. */
export interface Pushed {
  stored: StoredAlert;
  /** Whether the filter lets it through. */
  matches: boolean;
  /** Whether it was not there before. */
  fresh: boolean;
  /** Whether nothing may be put above what is read. */
  hold: boolean;
}

/**
 * Puts it into its row, takes it out of there, keeps it for later, or puts it in at its place. Tells
 * which row was taken out, or -1.
 */
export function settle(rows: Rows, pending: Pending, pushed: Pushed): number {
  const { stored, matches } = pushed;
  const key = keyOf(stored);
  const isShown = rows.indexOf(key) >= 0;
  if (isShown && !matches) return rows.remove(key);
  if (!isShown && pending.has(stored)) pending.replace(stored, matches);
  else if (isShown || (matches && !pushed.hold)) rows.put(stored);
  else if (matches && (!rows.hasHead || rows.accepts(key))) pending.add(stored, pushed.fresh);
  return -1;
}
