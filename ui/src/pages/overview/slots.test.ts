import { describe, expect, it } from 'vitest';
import { placeOf, windowOf } from './slots';

const at = (topPx: number, rows = 5000) => windowOf(rows, topPx, 900, 44, 6, 56);

describe('the window of a long table', () => {
  it('holds what can be seen and some rows on both sides', () => {
    expect(at(0)).toEqual({ first: 0, count: 33 });
    expect(at(-4400)).toEqual({ first: 94, count: 33 });
  });

  it('ends with the last row', () => {
    expect(at(-5000 * 44)).toEqual({ first: 4967, count: 33 });
    expect(at(0, 4)).toEqual({ first: 0, count: 4 });
  });

  it('is empty for a table far above, far below, or without rows', () => {
    expect(at(1900).count).toBe(0);
    expect(at(-5000 * 44 - 1000).count).toBe(0);
    expect(at(0, 0).count).toBe(0);
  });
});

describe('slots', () => {
  it('show each row of the window once', () => {
    for (const first of [0, 1, 32, 33, 34, 1000]) {
      const shown = Array.from({ length: 33 }, (_, slot) => placeOf(slot, { first, count: 33 }));

      expect([...shown].sort((a, b) => a - b)).toEqual(
        Array.from({ length: 33 }, (_, i) => first + i),
      );
    }
  });

  it('of rows that stay in sight stay as they are', () => {
    const before = Array.from({ length: 33 }, (_, slot) => placeOf(slot, { first: 90, count: 33 }));
    const after = Array.from({ length: 33 }, (_, slot) => placeOf(slot, { first: 93, count: 33 }));

    expect(after.filter((place, slot) => place !== before[slot])).toHaveLength(3);
  });
});
