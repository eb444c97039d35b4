/** Texts that others wrote, of any length. */

/** The first `most` UTF-16 units and an ellipsis, if it is longer; no letter is torn in two. */
export function clip(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most).replace(/[\ud800-\udbff]$/, '')}…`;
}
