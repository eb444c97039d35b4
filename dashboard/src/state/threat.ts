/**
 * The threat level: how much of what happened in the last hour nobody has looked at yet.
 *
 * Each alert of the last 60 minutes that nobody has acknowledged gives points by its severity
 * ({@link WEIGHTS}). They halve every {@link HALF_LIFE} minutes, so that an hour without news calms
 * the gauge by itself, and an acknowledgement does so at once. The sum is the score, and the score
 * gives the level ({@link LEVELS}). A CRITICAL alert that is younger than {@link FRESH} minutes holds
 * the level at HIGH at least. Nothing in the hour is NORMAL.
 *
 * The thresholds follow from that: one HIGH alert is MODERATE for a quarter of an hour, one MEDIUM is
 * ELEVATED as long, one LOW changes nothing, six HIGH at once are CRITICAL, as are three CRITICAL.
 */
import { type MinuteCounts, SEVERITIES, type Severity, type SeverityCounts } from '../api/types';
import { countOf, NONE, sum, withCount } from '../ui/charts/series';

/** Points for one alert of this minute. */
export const WEIGHTS: Readonly<Record<Severity, number>> = {
  CRITICAL: 10,
  HIGH: 4,
  MEDIUM: 1,
  LOW: 0.2,
};
/** Minutes in which an alert's points halve. */
export const HALF_LIFE = 15;
/** Minutes for which a CRITICAL alert holds the level at HIGH. */
export const FRESH = 15;
/** The levels, and the score from which on each holds. */
export const LEVELS = [
  { name: 'NORMAL', from: 0 },
  { name: 'ELEVATED', from: 0.5 },
  { name: 'MODERATE', from: 2 },
  { name: 'HIGH', from: 8 },
  { name: 'CRITICAL', from: 24 },
] as const;
/** The score at which the gauge has no more to show. */
const FULL = 96;
const HIGH = LEVELS.findIndex((level) => level.name === 'HIGH');

export type Level = (typeof LEVELS)[number]['name'];

export interface Threat {
  level: Level;
  /** Its place among {@link LEVELS}. */
  index: number;
  score: number;
  /** Where the hand of a gauge with equal segments stands, from 0 to 1. */
  part: number;
  /** Whether the level is only this high because of a fresh CRITICAL alert. */
  held: boolean;
  /** What each severity gives. */
  shares: { severity: Severity; alerts: number; points: number }[];
}

/**
 * The threat level.
 *
 * @param minutes alerts that nobody has acknowledged by minute, the oldest first; the last is now
 */
export function threat(minutes: readonly MinuteCounts[]): Threat {
  const hour = minutes.slice(-60);
  const age = (index: number) => hour.length - 1 - index;
  const all = sum(hour.map((minute) => minute.alerts));
  const shares = SEVERITIES.map((severity) => ({
    severity,
    alerts: countOf(all, severity),
    points: hour.reduce(
      (points, { alerts }, index) =>
        points + countOf(alerts, severity) * WEIGHTS[severity] * 0.5 ** (age(index) / HALF_LIFE),
      0,
    ),
  }));
  const score = shares.reduce((score, share) => score + share.points, 0);
  const fresh = hour.some(({ alerts }, index) => alerts.critical > 0 && age(index) < FRESH);
  const scored = LEVELS.findLastIndex((level) => score >= level.from);
  const index = fresh ? Math.max(scored, HIGH) : scored;
  return {
    level: LEVELS[index]?.name ?? 'NORMAL',
    index,
    score,
    part: (index + (index > scored ? 0.02 : within(score, index))) / LEVELS.length,
    held: index > scored,
    shares,
  };
}

/** How far a score is on the way to the next level, from 0 to 1. */
function within(score: number, index: number): number {
  const from = LEVELS[index]?.from ?? 0;
  const to = LEVELS[index + 1]?.from ?? FULL;
  return Math.min(1, Math.max(0, (score - from) / (to - from)));
}

/** An alert of the last hour that somebody has acknowledged. */
export interface Handled {
  timestamp: string;
  severity: Severity;
}

/**
 * The timeline without what somebody has acknowledged. The server counts alerts by minute, and those
 * that nobody has acknowledged in all: so the `handled` ones are taken from their minutes, and of
 * each severity no more than `open` are left, the newest.
 */
export function unacknowledged(
  timeline: readonly MinuteCounts[],
  open: SeverityCounts,
  handled: Iterable<Handled>,
): MinuteCounts[] {
  const done = new Map<number, SeverityCounts>();
  for (const { timestamp, severity } of handled) {
    const minute = minuteOf(timestamp);
    const before = done.get(minute) ?? NONE;
    done.set(minute, withCount(before, severity, countOf(before, severity) + 1));
  }
  let left = open;
  return timeline
    .toReversed()
    .map(({ minute, alerts }) => {
      const gone = done.get(minuteOf(minute)) ?? NONE;
      let counts: SeverityCounts = NONE;
      for (const severity of SEVERITIES) {
        const here = Math.max(0, countOf(alerts, severity) - countOf(gone, severity));
        const taken = Math.min(here, countOf(left, severity));
        counts = withCount(counts, severity, taken);
        left = withCount(left, severity, countOf(left, severity) - taken);
      }
      return { minute, alerts: counts };
    })
    .reverse();
}

const minuteOf = (iso: string): number => Math.floor(Date.parse(iso) / 60_000);

/** How it is counted, a sentence each. */
export const FORMULA: readonly string[] = [
  `Alerts of the last 60 minutes that nobody has acknowledged give points: ${SEVERITIES.map(
    (severity) => `${severity} ${WEIGHTS[severity]}`,
  ).join(', ')}.`,
  `Points halve every ${HALF_LIFE} minutes. Their sum is the score.`,
  `${LEVELS.slice(1)
    .map((level) => `${level.name} from ${level.from}`)
    .join(', ')}; NORMAL below.`,
  `A CRITICAL alert of the last ${FRESH} minutes holds the level at HIGH at least.`,
];
