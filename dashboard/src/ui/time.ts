/** Times as people read them: in the viewer's zone, with UTC a glance away. */

const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const dayOfYear = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric' });
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'narrow' });

const UNITS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
];

/** The time of day, with the date where it is not today's, and the year where it is not this one. */
export function shortTime(iso: string, now: number = Date.now()): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return '–';
  if (day.format(at) === day.format(now)) return clock.format(at);
  const date = at.getFullYear() === new Date(now).getFullYear() ? dayOfYear : day;
  return `${date.format(at)}, ${clock.format(at)}`;
}

/** The same moment in UTC, as alerts write it. */
export function utc(iso: string): string {
  const at = new Date(iso);
  return Number.isNaN(at.getTime())
    ? iso
    : `${at.toISOString().replace('T', ' ').slice(0, 19)} UTC`;
}

/** Clocks differ, and the one that is shown by ticks every ten seconds: this much ahead is now. */
const NOW_S = 60;

/** How long ago, in the largest unit that fits: `5m ago`. */
export function ago(iso: string, now: number = Date.now()): string {
  const ahead = (new Date(iso).getTime() - now) / 1000;
  if (Number.isNaN(ahead)) return '–';
  const seconds = ahead > 0 && ahead < NOW_S ? 0 : ahead;
  const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? ['second', 1];
  return relative.format(Math.trunc(seconds / size), unit);
}

/** A span of seconds: `3 h 12 min`. */
export function span(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) {
    return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
  }
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3_600)} h`;
}
