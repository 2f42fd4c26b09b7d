/** Pixels: a target has 24 (WCAG 2.2, 2.5.8). */
export const CELL = 24;
/** Of the runs over a grid. */
export const HEAD = 78;

/** Columns are drawn by so many: scrolling sideways has something to do seldom. */
export const BLOCK = 8;

/** The block that a column is in; column 0, of the names, is in none: -1. */
export function blockOf(column: number): number {
  return Math.ceil(column / BLOCK) - 1;
}

/** The columns of a block, of so many runs. */
export function columnsOf(block: number, runs: number): number[] {
  const first = block * BLOCK + 1;
  return Array.from({ length: Math.max(0, Math.min(BLOCK, runs - first + 1)) }, (_, place) => first + place);
}
