/** What an alert rests on, in words. */
import type { Alert } from '../../api/types';
import { bytes, count, plural } from '../../ui/number';

/** Characters of one sentence at most; the table beside it has everything. */
const SENTENCE_MAX = 600;
/** Items of a list that are named. */
const NAMED_MAX = 30;

/** What the detectors count: one and many. */
const UNITS: Readonly<Record<string, readonly [string, string]>> = {
  port_scan: ['port', 'ports'],
  syn_flood: ['attempt to connect', 'attempts to connect'],
  icmp_flood: ['echo request', 'echo requests'],
  data_exfiltration: ['byte', 'bytes'],
  brute_force: ['attempt', 'attempts'],
};

type Facts = Readonly<Record<string, unknown>>;

const text = (facts: Facts, key: string): string | undefined =>
  typeof facts[key] === 'string' ? (facts[key] as string) : undefined;
const number = (facts: Facts, key: string): number | undefined =>
  typeof facts[key] === 'number' ? (facts[key] as number) : undefined;
const list = (facts: Facts, key: string): string[] => {
  const items: unknown = facts[key];
  return Array.isArray(items)
    ? items.filter((item) => typeof item === 'string' || typeof item === 'number').map(String)
    : [];
};

function named(items: string[], more: boolean): string {
  const shown = items.slice(0, NAMED_MAX).join(', ');
  const left = items.length - NAMED_MAX;
  if (left > 0) return `${shown} and ${plural(left, 'other')}`;
  return more ? `${shown} and others` : shown;
}

const cut = (sentence: string): string =>
  sentence.length > SENTENCE_MAX ? `${sentence.slice(0, SENTENCE_MAX)}…` : sentence;

/** The evidence as sentences; nothing of it is left out of the table that stands beside them. */
export function sentences(alert: Alert): string[] {
  const facts: Facts = alert.evidence;
  return [
    counted(alert),
    ports(facts),
    targets(facts),
    destination(facts),
    addresses(facts),
    query(facts),
    repeats(facts),
  ]
    .filter((sentence) => sentence !== undefined)
    .map(cut);
}

function counted(alert: Alert): string | undefined {
  const unit = UNITS[alert.detector];
  if (!unit || alert.window_s === 0) return undefined;
  return (
    `${plural(alert.count, unit[0], unit[1])} in all; ` +
    `the rule asks for ${count(alert.threshold)} within ${plural(alert.window_s, 'second')}.`
  );
}

/** Why the rule held sooner, or counted for more, than it does for strangers: one sentence, or none. */
export function whyLowered(alert: Alert): string[] {
  const note = alert.reputation;
  const why = note
    ? `because ${note.indicator} has a bad reputation (${note.tier})`
    : 'by reputation';
  const told: string[] = [];
  if (alert.threshold < alert.base_threshold) {
    const [base, now] = [count(alert.base_threshold), count(alert.threshold)];
    told.push(`the threshold was lowered from ${base} to ${now}`);
  }
  if (alert.severity !== alert.base_severity) {
    told.push(`the severity was raised from ${alert.base_severity} to ${alert.severity}`);
  }
  if (told.length === 0) return [];
  const sentence = `${told.join(' and ')}, ${why}.`;
  return [cut(sentence.charAt(0).toUpperCase() + sentence.slice(1))];
}

function ports(facts: Facts): string | undefined {
  const tried = list(facts, 'ports');
  return tried.length > 0 ? `Ports tried: ${named(tried, false)}.` : undefined;
}

function targets(facts: Facts): string | undefined {
  const hosts = list(facts, 'targets');
  if (hosts.length === 0) return undefined;
  const name = hosts.length === 1 && facts.more_targets !== true ? 'Target' : 'Targets';
  return `${name}: ${named(hosts, facts.more_targets === true)}.`;
}

function destination(facts: Facts): string | undefined {
  const sent = number(facts, 'bytes');
  const top = text(facts, 'top_destination');
  const most = number(facts, 'top_destination_bytes');
  if (sent === undefined || top === undefined || most === undefined) return undefined;
  return `When it was raised ${bytes(sent)} had left, ${bytes(most)} of it to ${top}.`;
}

function addresses(facts: Facts): string | undefined {
  const before = text(facts, 'mac_before');
  const now = text(facts, 'mac_now');
  if (before === undefined || now === undefined) return undefined;
  const how = facts.gratuitous === true ? ', without having been asked' : '';
  return `The address was announced by ${before} until then, and by ${now} now${how}.`;
}

function query(facts: Facts): string | undefined {
  const name = text(facts, 'query');
  return name === undefined ? undefined : `The name asked for: ${name}`;
}

function repeats(facts: Facts): string | undefined {
  const more = number(facts, 'repeats');
  if (more === undefined || more === 0) return undefined;
  return `It went on after that: ${more === 1 ? 'once more' : `${count(more)} more times`}.`;
}

/** A value of the evidence as text: what is nested, as JSON. */
export function valueText(value: unknown): string {
  const whole = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return whole.length > 2_000 ? `${whole.slice(0, 2_000)}…` : whole;
}
