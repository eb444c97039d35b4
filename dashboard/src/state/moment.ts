/** Times in filters: as the server reads them. */

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

/**
 * The moment that `text` means, in milliseconds since 1970: a time such as `2026-01-31T08:00:00Z`, or
 * how long before `now`, such as `15m`; undefined where it is neither.
 */
export function moment(text: string, now: number = Date.now()): number | undefined {
  const ago = /^(\d+)([smhdw])$/.exec(text);
  if (ago) return now - Number(ago[1]) * (UNIT_MS[ago[2] ?? ''] ?? 0);
  const at = /^\d{4}-/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}

/** An address the way that alerts write it, so that it can be compared with theirs. */
export function address(text: string): string {
  const plain = text.trim().toLowerCase();
  if (!plain.includes(':') || !/^[0-9a-f:]+$/.test(plain)) return plain;
  try {
    return new URL(`http://[${plain}]/`).hostname.slice(1, -1);
  } catch {
    return plain; // A hardware address.
  }
}
