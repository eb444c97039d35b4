/** What a suppression matches, in words. */
import type { Suppression, SuppressionRule } from '../../api/types';

/** A piece of the sentence: `value` comes from people or the wire, and is set apart. */
export interface Piece {
  word: string;
  value?: string;
}

/** `port_scan` `from` `10.0.0.5` `seen by agent` `web1`; `agentName` gives what people call an agent. */
export function ruleWords(
  rule: SuppressionRule,
  agentName: (id: string) => string | undefined,
): Piece[] {
  const pieces: Piece[] = [
    rule.detector ? { word: '', value: rule.detector } : { word: 'Everything' },
  ];
  const add = (word: string, value: string | null | undefined) => {
    if (value) pieces.push({ word, value });
  };
  add('from', rule.source);
  add('to', rule.target);
  add('from or to', rule.either);
  add('seen by agent', rule.agent && (agentName(rule.agent) ?? rule.agent));
  return pieces;
}

/** The same as one text, for names of buttons and dialogs. */
export const ruleText = (pieces: readonly Piece[]): string =>
  pieces
    .flatMap(({ word, value }) => [word, value ?? ''])
    .filter(Boolean)
    .join(' ');

/** Whether it no longer counts. */
export const isOver = (suppression: Suppression, now: number): boolean =>
  suppression.expires !== null && Date.parse(suppression.expires) <= now;

/** Time without a hit after which one may wonder whether the rule says what was meant. */
const IDLE_MS = 3_600_000;

/** Whether it counts, and has not matched anything although it had the time to. */
export const isIdle = (suppression: Suppression, now: number): boolean =>
  suppression.hits === 0 &&
  !isOver(suppression, now) &&
  now - Date.parse(suppression.created) >= IDLE_MS;

/** Those that count first, each kind with the newest on top. */
export function arranged(suppressions: readonly Suppression[], now: number): Suppression[] {
  return [...suppressions].sort(
    (a, b) =>
      Number(isOver(a, now)) - Number(isOver(b, now)) ||
      Date.parse(b.created) - Date.parse(a.created) ||
      b.id - a.id,
  );
}
