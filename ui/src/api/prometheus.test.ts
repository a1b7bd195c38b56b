import { describe, expect, it } from 'vitest';
import { commonLabels, formatLabels, parseInstant, parseRange } from './prometheus';

describe('a range result', () => {
  it('stands on the grid of its query, with gaps where a series has no sample', () => {
    const data = {
      resultType: 'matrix',
      result: [
        {
          metric: { job: 'web' },
          values: [
            [10, '1.5'],
            [14, '-2e-3'],
            [16, 'NaN'],
          ],
        },
      ],
    };

    const { series } = parseRange(data, 10_000, 2000, 4);

    expect(series[0]?.values).toEqual([1.5, null, -0.002, null]);
  });

  it('counts native histograms instead of drawing them as zeros', () => {
    const data = {
      resultType: 'matrix',
      result: [{ metric: {}, histograms: [[10, { count: '3', sum: '1' }]] }],
    };

    const { series } = parseRange(data, 10_000, 1000, 2);

    expect(series[0]).toEqual({
      labels: {},
      values: [null, null],
      histogramCount: 1,
      histograms: [[], null],
    });
  });
});

describe('an instant result', () => {
  it('keeps values as they were written', () => {
    const data = {
      resultType: 'vector',
      result: [{ metric: { __name__: 'up' }, value: [1.5, '0.30000000000000004'] }],
    };

    expect(parseInstant(data).items[0]).toEqual({
      labels: { __name__: 'up' },
      atMs: 1500,
      value: '0.30000000000000004',
    });
  });

  it('of a scalar has one value without labels', () => {
    expect(parseInstant({ resultType: 'scalar', result: [1, '+Inf'] }).items).toEqual([
      { labels: {}, atMs: 1000, value: '+Inf' },
    ]);
  });
});

describe('labels', () => {
  it('are written as PromQL writes them', () => {
    expect(formatLabels({ __name__: 'up', job: 'a "b"' })).toBe('up{job="a \\"b\\""}');
    expect(formatLabels({ __name__: 'up' })).toBe('up');
    expect(formatLabels({})).toBe('{}');
  });

  it('shared by all are found, and left out where told so', () => {
    const sets = [
      { job: 'web', path: '/a' },
      { job: 'web', path: '/b' },
    ];

    expect(commonLabels(sets)).toEqual({ job: 'web' });
    expect(formatLabels({ job: 'web', path: '/a' }, new Set(['job']))).toBe('{path="/a"}');
    expect(commonLabels([{ job: 'web' }])).toEqual({});
  });
});
