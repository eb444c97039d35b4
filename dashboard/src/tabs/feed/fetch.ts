/** Stretches of the list of alerts, from the server. */
import * as api from '../../api/client';
import type { StoredAlert } from '../../api/types';
import { justAfter, type Key, keyOf, order } from './key';
import { PAGE } from './rows';

export interface Stretch {
  rows: StoredAlert[];
  /** Whether there are more behind it. */
  more: boolean;
  /** What the server had when it answered: what is newer comes by the live feed. */
  revision: number;
}

/** Answers for one stretch at most: more than these bear one and the same time. */
const ANSWERS_MAX = 20;

/**
 * Fetches what stands behind `behind`, or from the newest on: a page of it, or all up to and including
 * `last`.
 */
export async function fetchBehind(
  query: api.AlertQuery,
  behind: Key | null,
  last?: Key,
): Promise<Stretch> {
  // Alerts of the same nanosecond may stand on both sides: asked for, and left out here.
  const from = behind ? { ...query, until: justAfter(behind.timestamp) } : query;
  let rows: StoredAlert[] = [];
  let revision: number | undefined;
  let cursor: string | null | undefined;
  for (let answers = 0; answers < ANSWERS_MAX; answers += 1) {
    const list = await api.alerts({ ...from, limit: PAGE, ...(cursor ? { cursor } : {}) });
    revision ??= list.revision;
    cursor = list.next;
    rows = rows.concat(
      behind ? list.alerts.filter((one) => order(keyOf(one), behind) > 0) : list.alerts,
    );
    const end = rows.at(-1);
    const enough = last ? end && order(keyOf(end), last) >= 0 : end;
    if (!cursor || enough) break;
  }
  if (last) rows = rows.filter((one) => order(keyOf(one), last) <= 0);
  return { rows, more: Boolean(cursor), revision: revision ?? 0 };
}
