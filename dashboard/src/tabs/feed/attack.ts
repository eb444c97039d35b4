/** MITRE ATT&CK. */

/** The page about a technique; undefined for what is no technique's id, whoever wrote it. */
export function techniqueHref(id: string): string | undefined {
  const parts = /^(T\d{4})(?:\.(\d{3}))?$/.exec(id);
  if (!parts) return undefined;
  const sub = parts[2] === undefined ? '' : `${parts[2]}/`;
  return `https://attack.mitre.org/techniques/${parts[1]}/${sub}`;
}
