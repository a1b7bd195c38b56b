import { describe, expect, it } from 'vitest';
import { filledFrom, mergeStrips, unreadBefore } from './merge';
import type { EntityPage, Heatmap, Series, Strip, StripState } from './model';

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

  it('hold a line that is silent in the new columns as measured while the window holds some of it', () => {
    const merged = mergeStrips(
      strip(0, [line('throttled', [null, 9, null]), line('used', [1, 2, 3])]),
      strip(2000, [line('throttled', [], 'last seen 2 s ago'), line('used', [3])]),
      1000,
    );

    expect(merged?.series[0]).toMatchObject({
      name: 'throttled',
      missing: null,
      values: [9, null],
    });
  });

  it('leave a strip measured until the last of its columns has left the window', () => {
    const held = strip(0, [line('2xx', [null, 9, null])]);
    const silent: Strip = { ...strip(2000, []), state: away };

    expect(mergeStrips(held, silent, 1000)?.state.kind).toBe('measured');
    expect(mergeStrips(held, silent, 2000)).toMatchObject({ state: away, series: [] });
  });

  it('begin a strip that held nothing, without asking for the window again', () => {
    const merged = mergeStrips(
      { ...strip(0, []), state: away },
      strip(2000, [line('2xx', [4])]),
      0,
    );

    expect(merged).toMatchObject({ startMs: 2000, state: { kind: 'measured' }, notes: [] });
  });

  it('begin a strip that was late twice, and say that what lies before was not read', () => {
    const late: Strip = { ...strip(0, []), state: { kind: 'pending' } };
    const begun = mergeStrips(late, strip(2000, [line('2xx', [4])]), 0);
    expect(begun?.notes).toEqual([unreadBefore]);

    if (begun === null) throw new Error('not begun');
    const next = mergeStrips(begun, strip(3000, [line('2xx', [5])]), 1000);
    expect(next).toMatchObject({ startMs: 2000, notes: [unreadBefore] });
    if (next === null) throw new Error('not joined');
    expect(mergeStrips(next, strip(4000, [line('2xx', [6])]), 2000)?.notes).toEqual([]);
  });

  it('keep of two answers to one question what either had ready', () => {
    const ready = { strips: [strip(0, [line('2xx', [1])])] } as unknown as EntityPage;
    const late = {
      strips: [{ ...strip(0, []), state: { kind: 'pending' } }],
    } as unknown as EntityPage;

    expect(filledFrom(ready, late).strips).toEqual(ready.strips);
    expect(filledFrom(late, ready).strips).toEqual(ready.strips);
  });
});

const away: StripState = { kind: 'not-measured', reason: 'last seen 9 s ago' };

function heat(startMs: number, bounds: readonly number[], columns: number[][]): Strip {
  return { ...strip(startMs, []), heatmap: { bounds, columns } };
}

function merged(held: Strip, news: Strip): Heatmap | null | undefined {
  return mergeStrips(held, news, held.startMs)?.heatmap;
}

describe('heatmap columns joined to those a page holds', () => {
  it('are told on the bounds of a window that is coarser than a few new columns are', () => {
    // A whole window spans more, so its buckets are halved; the new columns' are not.
    const held = heat(0, [1, 4, 16, 64], [[0, 5, 2, 1]]);
    const news = heat(1000, [2, 4, 8, 16], [[0, 3, 1, 2, 2, 4]]);

    expect(merged(held, news)).toEqual({
      bounds: [1, 4, 16, 64],
      columns: [
        [0, 5, 2, 1],
        [0, 3, 1, 6],
      ],
    });
  });

  it('make the window coarser where they are, and longer where they reach further', () => {
    const held = heat(0, [2, 4, 8, 16], [[0, 3, 1, 2, 2, 4]]);
    const news = heat(1000, [4, 16, 64], [[0, 1, 1, 7]]);

    expect(merged(held, news)).toEqual({
      bounds: [2, 4, 16, 64],
      columns: [
        [0, 3, 1, 6],
        [1, 1, 2, 7],
      ],
    });
  });

  it('that hold nothing leave the bounds as they are', () => {
    expect(merged(heat(0, [1, 2], [[0, 1]]), heat(1000, [], [[]]))).toEqual({
      bounds: [1, 2],
      columns: [[0, 1], []],
    });
  });

  it('of another layout do not fit', () => {
    const held = heat(0, [1, 2, 4, 8, 16], [[0, 1]]);
    const news = heat(1000, [0.5, 3, 5, 9, 17], [[0, 1]]);

    expect(mergeStrips(held, news, 0)).toBeNull();
  });
});
