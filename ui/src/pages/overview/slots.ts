/**
 * A table of thousands of rows drawn with some dozens of elements. Each element is a slot that shows the row
 * whose place, divided by the number of slots, leaves the slot's own number: a scroll by three rows changes
 * three slots, and all others stay as they are.
 */
export interface Window {
  /** Rows [first, first + count) are drawn. */
  readonly first: number;
  readonly count: number;
}

/** What of a table can be seen, and a little more on both sides. `topPx` is its top edge below the window's. */
export function windowOf(
  rows: number,
  topPx: number,
  innerPx: number,
  rowPx: number,
  extra: number,
  most: number,
): Window {
  const bottomPx = topPx + rows * rowPx;
  // A table a whole window away is not drawn at all.
  if (rows === 0 || topPx > 2 * innerPx || bottomPx < -innerPx) return { first: 0, count: 0 };
  const count = Math.min(rows, most, Math.ceil(innerPx / rowPx) + 2 * extra);
  const first = Math.floor(-topPx / rowPx) - extra;
  return { first: Math.max(0, Math.min(rows - count, first)), count };
}

/** The place of the row that a slot shows. */
export function placeOf(slot: number, of: Window): number {
  const ahead = (slot - of.first) % of.count;
  return of.first + (ahead < 0 ? ahead + of.count : ahead);
}

/** Where sparks stand in a row: from its left edge, the same for all rows of a table. */
export interface SparkPlaces {
  readonly left: number;
  readonly width: number;
  readonly ratio: number;
  readonly cells: readonly { readonly x: number; readonly width: number }[];
}

export interface Column {
  readonly title: string;
  readonly signal: string;
  readonly token: string;
  /** From here on the number is drawn as alarming. */
  readonly warn: number;
}
