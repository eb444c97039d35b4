/** Rings and parts of them, as paths. Angles are parts of a whole turn, clockwise from the top. */

const round = (number: number): string => number.toFixed(2);

/** Where a turn ends on a circle around `x`, `y`. */
export function point(x: number, y: number, radius: number, turn: number): [number, number] {
  const angle = turn * 2 * Math.PI;
  return [x + radius * Math.sin(angle), y - radius * Math.cos(angle)];
}

/** A part of a ring between two radii, from one turn to another. */
export function sector(
  x: number,
  y: number,
  [inner, outer]: readonly [number, number],
  from: number,
  to: number,
): string {
  // An arc that ends where it begins is none: a whole ring ends just before.
  const end = Math.min(to, from + 0.9999);
  const large = end - from > 0.5 ? 1 : 0;
  const at = (radius: number, turn: number) => point(x, y, radius, turn).map(round).join(' ');
  return [
    `M${at(outer, from)}`,
    `A${outer} ${outer} 0 ${large} 1 ${at(outer, end)}`,
    `L${at(inner, end)}`,
    `A${inner} ${inner} 0 ${large} 0 ${at(inner, from)}Z`,
  ].join('');
}
