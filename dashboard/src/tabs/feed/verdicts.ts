/** What the providers of reputation said, each by itself. */

export interface Verdict {
  provider: string;
  tier: string;
  detail: string | null;
}

/** The verdicts of a reputation note; none where the server, or the agent, is too old to tell. */
export function verdicts(note: unknown): Verdict[] {
  const list = isObject(note) ? note.verdicts : undefined;
  if (!Array.isArray(list)) return [];
  return list.filter(isObject).map((one) => ({
    provider: typeof one.provider === 'string' ? one.provider : 'unknown',
    tier: typeof one.tier === 'string' ? one.tier : '–',
    detail: typeof one.detail === 'string' ? one.detail : null,
  }));
}

const NAMES: ReadonlyMap<string, string> = new Map([
  ['virustotal', 'VirusTotal'],
  ['abuseipdb', 'AbuseIPDB'],
]);

/** A provider as it writes itself; lists have the names that the site gave them. */
export const providerName = (id: string): string => NAMES.get(id) ?? id;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
