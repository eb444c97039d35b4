/** A suppression while it is written. */
import type { NewSuppression } from '../../../api/client';
import type { Alert, SuppressionRule } from '../../../api/types';

export interface Draft {
  detector: string;
  source: string;
  target: string;
  either: string;
  agent: string;
  reason: string;
  /** One of {@link EXPIRIES}. */
  expiry: string;
  applyToStored: boolean;
}

const HOUR_MS = 3_600_000;

/** How long a suppression can count: its name, and how long that is; absent for good. */
export const EXPIRIES: readonly (readonly [id: string, name: string, ms: number | null])[] = [
  ['1h', 'One hour', HOUR_MS],
  ['8h', '8 hours', 8 * HOUR_MS],
  ['1d', 'One day', 24 * HOUR_MS],
  ['7d', '7 days', 7 * 24 * HOUR_MS],
  ['30d', '30 days', 30 * 24 * HOUR_MS],
  ['90d', '90 days', 90 * 24 * HOUR_MS],
  ['never', 'For good', null],
];

export const BLANK: Readonly<Draft> = {
  detector: '',
  source: '',
  target: '',
  either: '',
  agent: '',
  reason: '',
  expiry: '30d',
  applyToStored: true,
};

/** What suppresses alerts like this one: the same rule and the same source. */
export function draftFor(alert: Alert | undefined): Draft {
  if (!alert) return { ...BLANK };
  return { ...BLANK, detector: alert.rule, source: alert.source.ip ?? '' };
}

/** The rule as the server takes it: what is empty does not narrow. */
export function ruleOf(draft: Draft): SuppressionRule {
  const given = (text: string) => (text.trim() === '' ? null : text.trim());
  return {
    detector: given(draft.detector),
    source: given(draft.source),
    target: given(draft.target),
    either: given(draft.either),
    agent: given(draft.agent),
  };
}

/** Whether the rule narrows nothing, so that it would suppress everything. */
export const isEmpty = (rule: SuppressionRule): boolean =>
  Object.values(rule).every((part) => part === null);

/** The suppression as the server takes it. */
export function suppressionOf(draft: Draft, now: number = Date.now()): NewSuppression {
  const ms = EXPIRIES.find(([id]) => id === draft.expiry)?.[2] ?? null;
  return {
    rule: ruleOf(draft),
    reason: draft.reason.trim(),
    expires: ms === null ? null : new Date(now + ms).toISOString(),
    apply_to_stored: draft.applyToStored,
  };
}
