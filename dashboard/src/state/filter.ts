/**
 * What a list of alerts is narrowed by. It lives in the address, so that a view can be shared, kept as
 * a bookmark, and found again by the browser's way back.
 */
import type { AlertQuery, Triage } from '../api/client';
import {
  type Alert,
  type Endpoint,
  SEVERITIES,
  type Severity,
  type StoredAlert,
} from '../api/types';
import { address, moment } from './moment';

export interface Filter {
  severity: Severity[];
  detector: string[];
  text: string;
  source: string;
  target: string;
  agent: string;
  /** How long ago at most, such as `24h`, or a time; empty for all. */
  since: string;
  until: string;
  acknowledged: boolean | null;
  archived: boolean;
  suppressed: boolean;
}

export const EVERYTHING: Filter = {
  severity: [],
  detector: [],
  text: '',
  source: '',
  target: '',
  agent: '',
  since: '',
  until: '',
  acknowledged: null,
  archived: false,
  suppressed: false,
};

/** Reads the filter of an address; what makes no sense there is left out. */
export function parseFilter(search: string): Filter {
  const given = new URLSearchParams(search);
  const list = (key: string) => (given.get(key) ?? '').split(',').filter((item) => item !== '');
  const text = (key: string) => given.get(key) ?? '';
  const acknowledged = given.get('acknowledged');
  return {
    severity: SEVERITIES.filter((level) => list('severity').includes(level.toLowerCase())),
    detector: list('detector'),
    text: text('q'),
    source: text('source'),
    target: text('target'),
    agent: text('agent'),
    since: text('since'),
    until: text('until'),
    acknowledged: acknowledged === 'true' ? true : acknowledged === 'false' ? false : null,
    archived: given.get('archived') === 'true',
    suppressed: given.get('suppressed') === 'true',
  };
}

/** The filter as the API and the address have it; what does not narrow is left out. */
export function toQuery(filter: Filter): AlertQuery {
  const query: AlertQuery = {};
  if (filter.severity.length > 0)
    query.severity = filter.severity.map((level) => level.toLowerCase());
  if (filter.detector.length > 0) query.detector = filter.detector;
  if (filter.text !== '') query.q = filter.text;
  if (filter.source !== '') query.source = filter.source;
  if (filter.target !== '') query.target = filter.target;
  if (filter.agent !== '') query.agent = filter.agent;
  if (filter.since !== '') query.since = filter.since;
  if (filter.until !== '') query.until = filter.until;
  if (filter.acknowledged !== null) query.acknowledged = filter.acknowledged;
  if (filter.archived) query.archived = true;
  if (filter.suppressed) query.suppressed = true;
  return query;
}

/** The part of the address behind `?`, with the `?`; empty where nothing narrows. */
export function toSearch(filter: Filter): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(toQuery(filter))) {
    search.set(key, Array.isArray(value) ? value.join(',') : String(value));
  }
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}

/** The filter as a triage of all that matches takes it: times are fixed, so that none slides by. */
export type Selection = Extract<Triage['selection'], { matching: unknown }>['matching']['filter'];

export function toSelection(filter: Filter, now: number = Date.now()): Selection {
  const fixed = (text: string) => {
    const at = text === '' ? undefined : moment(text, now);
    return at === undefined ? null : new Date(at).toISOString();
  };
  const given = (text: string) => (text === '' ? null : text);
  return {
    severity: filter.severity,
    detector: filter.detector,
    source: given(address(filter.source)),
    target: given(address(filter.target)),
    agent: given(filter.agent),
    text: given(filter.text),
    since: fixed(filter.since),
    until: fixed(filter.until),
    acknowledged: filter.acknowledged,
    archived: filter.archived,
    suppressed: filter.suppressed,
  };
}

/** Whether the filter lets an alert through that was just pushed: what the server would say. */
export function lets(filter: Filter, stored: StoredAlert, now: number = Date.now()): boolean {
  return (
    isInDrawer(filter, stored) &&
    isAmong(filter, stored.alert) &&
    isBetween(filter, stored.alert, now) &&
    says(filter.text, stored.alert)
  );
}

function isInDrawer(filter: Filter, stored: StoredAlert): boolean {
  const acknowledged = stored.acknowledged_by !== null;
  return (
    stored.archived === filter.archived &&
    (stored.suppressed_by === null || filter.suppressed) &&
    (filter.acknowledged === null || acknowledged === filter.acknowledged)
  );
}

function isAmong(filter: Filter, alert: Alert): boolean {
  const among = (list: readonly string[], value: string) =>
    list.length === 0 || list.includes(value);
  const is = (wanted: string, value: string) => wanted === '' || value === wanted;
  return (
    among(filter.severity, alert.severity) &&
    among(filter.detector, alert.detector) &&
    is(address(filter.source), name(alert.source)) &&
    is(address(filter.target), name(alert.target)) &&
    is(filter.agent, alert.agent.id)
  );
}

/** What lists know an end by: its address, or its hardware address where it has none. */
const name = (end: Endpoint): string => end.ip ?? end.mac ?? '';

function isBetween(filter: Filter, alert: Alert, now: number): boolean {
  const at = Date.parse(alert.timestamp);
  const since = filter.since === '' ? undefined : moment(filter.since, now);
  const until = filter.until === '' ? undefined : moment(filter.until, now);
  return (since === undefined || at >= since) && (until === undefined || at < until);
}

function says(wanted: string, alert: Alert): boolean {
  if (wanted === '') return true;
  const text = wanted.toLowerCase();
  const fields = [alert.category, alert.message, name(alert.source), alert.agent.hostname];
  return fields.some((field) => field.toLowerCase().includes(text));
}
