import { describe, expect, it } from 'vitest';
import { mergeStrips } from './merge';
import type { Series, Strip } from './model';

function line(name: string, values: (number | null)[], missing: string | null = null): Series {
  const none = { min: null, max: null, lower: null, upper: null };
  return { name, role: 'ok', unit: '1/s', missing, values, ...none };
}

function strip(startMs: number, series: readonly Series[]): Strip {
  return {
    id: 'requests',
    title: 'Requests',
    unit: '1/s',
    state: { kind: 'measured' },
    startMs,
    stepMs: 1000,
    notes: [],
    series,
    heatmap: null,
  };
}

describe('new columns joined to those a page holds', () => {
  it('replace what they cover and let go of what has left the window', () => {
    const merged = mergeStrips(
      strip(0, [line('2xx', [1, 2, 3])]),
      strip(2000, [line('2xx', [4, 5])]),
      1000,
    );

    expect(merged?.startMs).toBe(1000);
    expect(merged?.series.map((each) => each.values)).toEqual([[2, 4, 5]]);
  });

  it('drop a line that the reply no longer names and the window no longer holds', () => {
    const held = strip(0, [line('requests', [], 'nobody sends it'), line('5xx', [9, null, null])]);

    const merged = mergeStrips(held, strip(2000, [line('2xx', [4])]), 1000);

    expect(merged?.series.map((each) => each.name)).toEqual(['2xx']);
  });

  it('keep a line that is silent just now while the window holds some of it', () => {
    const merged = mergeStrips(
      strip(0, [line('5xx', [null, 9, null])]),
      strip(2000, [line('2xx', [4])]),
      1000,
    );

    expect(merged?.series.map((each) => each.name)).toEqual(['5xx', '2xx']);
  });
});
