/** How many alerts a filter lets through: what the server tells of it by the way. */
import * as api from '../../api/client';
import { SEVERITIES, type Severity, type SeverityCounts, type Stats } from '../../api/types';
import { EVERYTHING, type Filter, toQuery, toSearch } from '../../state/filter';

/** Alerts that are counted one by one at most. */
export const COUNTED_MAX = 2_000;
const COUNTED_AT_ONCE = 500;

const sum = (counts: SeverityCounts, levels: readonly Severity[]): number =>
  levels.reduce((all, level) => all + counts[level.toLowerCase() as keyof SeverityCounts], 0);

/** The number, where the counters have it: for filters by severity, and by who has looked at it. */
export function totalFrom(filter: Filter, stats: Stats | undefined): number | undefined {
  if (!stats || filter.archived || filter.suppressed) return undefined;
  const { severity, acknowledged, ...rest } = filter;
  const plain = toSearch({ ...EVERYTHING, ...rest }) === '';
  if (!plain) return undefined;
  const levels = severity.length > 0 ? severity : SEVERITIES;
  const all = sum(stats.alerts, levels);
  const open = sum(stats.unacknowledged, levels);
  if (acknowledged === null) return all;
  return acknowledged ? all - open : open;
}

/** The number, counted; where there are more than {@link COUNTED_MAX}, undefined. */
export async function countAll(filter: Filter): Promise<number | undefined> {
  let found = 0;
  let cursor: string | null | undefined;
  do {
    const list = await api.alerts({
      ...toQuery(filter),
      limit: COUNTED_AT_ONCE,
      ...(cursor ? { cursor } : {}),
    });
    found += list.alerts.length;
    cursor = list.next;
  } while (cursor && found < COUNTED_MAX);
  return cursor ? undefined : found;
}
