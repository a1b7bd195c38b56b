import { describe, expect, it } from 'vitest';
import { lineInk, spanOf } from './many';

function of(...values: (number | null)[]) {
  return { series: [{ labels: {}, values, histogramCount: 0, histograms: null }] };
}

describe('the span of a graph', () => {
  it('holds zero for values that come near it', () => {
    expect(spanOf(of(1, 9), 5)).toMatchObject({ low: 0, high: 10 });
    expect(spanOf(of(-4, 3), 4)).toMatchObject({ low: -4, high: 4 });
  });

  it('leaves zero where values lie far from it', () => {
    const { low, high } = spanOf(of(1000, 1010), 5);

    expect(low).toBeGreaterThan(900);
    expect(high).toBeGreaterThanOrEqual(1010);
  });

  it('is never empty', () => {
    for (const values of [[], [null], [0], [5], [-5], [1e-12]]) {
      const { low, high } = spanOf(of(...values), 4);
      expect(high).toBeGreaterThan(low);
    }
  });
});

describe('a line', () => {
  it('looks like no other of the first 32', () => {
    const looks = Array.from({ length: 32 }, (_, i) => JSON.stringify(lineInk(i)));

    expect(new Set(looks).size).toBe(32);
  });
});
