import { describe, expect, it } from 'vitest';
import { bucketMapOf, bucketUnitOf } from './buckets';

const native = (...columns: (readonly [number, number, number][] | null)[]) => ({
  labels: {},
  values: columns.map(() => null),
  histogramCount: columns.length,
  histograms: columns.map(
    (buckets) => buckets?.map(([lower, upper, count]) => ({ lower, upper, count })) ?? null,
  ),
});
const classic = (le: string, ...values: (number | null)[]) => ({
  labels: { le },
  values,
  histogramCount: 0,
  histograms: null,
});

describe('a heatmap of native histograms', () => {
  it('sums its series on the edges of all of them', () => {
    const map = bucketMapOf({
      count: 2,
      series: [native([[1, 2, 3]], null), native([[1, 2, 1]], [[2, 4, 5]])],
    });

    expect(map?.heatmap.bounds).toEqual([1, 2, 4]);
    expect(map?.heatmap.columns).toEqual([
      [0, 4],
      [1, 5],
    ]);
  });

  it('shares out a bucket that is wider than those of another series', () => {
    const map = bucketMapOf({ count: 1, series: [native([[1, 4, 6]]), native([[1, 2, 1]])] });

    expect(map?.heatmap.bounds).toEqual([1, 2, 4]);
    expect(map?.heatmap.columns).toEqual([[0, 4, 1, 3]]);
  });

  it('counts events below zero, and draws the bucket around it from zero on', () => {
    const map = bucketMapOf({
      count: 1,
      series: [
        native([
          [-2, -1, 7],
          [-0.5, 0.5, 2],
        ]),
      ],
    });

    expect(map?.negative).toBe(7);
    expect(map?.heatmap).toEqual({ bounds: [0, 0.5], columns: [[0, 2]] });
  });
});

describe('a heatmap of classic buckets', () => {
  it('is what each bucket holds beyond the one below it, summed over series', () => {
    const map = bucketMapOf({
      count: 2,
      series: [
        classic('+Inf', 9, null),
        classic('0.1', 2, 4),
        classic('0.5', 5, 3),
        classic('0.5', 1, 3),
      ],
    });

    expect(map?.heatmap.bounds).toEqual([0, 0.1, 0.5, Number.POSITIVE_INFINITY]);
    expect(map?.heatmap.columns).toEqual([
      [0, 2, 1, 4, 2, 3],
      [0, 4, 1, 2],
    ]);
    expect(map?.seriesCount).toBe(2);
  });
});

it('is not made of plain lines', () => {
  const line = { labels: {}, values: [1], histogramCount: 0, histograms: null };

  expect(bucketMapOf({ count: 1, series: [line] })).toBeNull();
});

it('has the unit its name says', () => {
  expect(bucketUnitOf('sum by (le) (rate(http_request_duration_seconds_bucket[1m]))')).toBe('s');
  expect(bucketUnitOf('rate(response_size_bytes[5m])')).toBe('bytes');
  expect(bucketUnitOf('rate(x[5m])')).toBe('');
});
