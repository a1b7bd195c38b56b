import { describe, expect, it } from 'vitest';
import type { MapEdge, MapItem } from '../../api/model';
import { layoutOf } from './layout';

const size = { itemWidth: 100, itemHeight: 20, gapX: 50, gapY: 10 };

function item(id: string, layer: number): MapItem {
  return { id, name: id, kind: 'service', layer, isOutside: false, signals: {} };
}

function call(from: string, to: string): MapEdge {
  return { from, to, kind: 'calls', rate: 1, errors: 0, p99: null };
}

describe("the map's layout", () => {
  it('puts layers in columns from left to right, the shorter ones in the middle', () => {
    const { placed, width, height } = layoutOf(
      [item('a', -1), item('b', -1), item('c', 0)],
      [call('a', 'c'), call('b', 'c')],
      size,
    );

    expect(width).toBe(250);
    expect(height).toBe(50);
    expect(placed.get('a')).toMatchObject({ x: 0, y: 0 });
    expect(placed.get('c')).toMatchObject({ x: 150, y: 15 });
  });

  it('uncrosses lines', () => {
    const { placed } = layoutOf(
      [item('a', 0), item('b', 0), item('x', 1), item('y', 1)],
      [call('a', 'y'), call('b', 'x')],
      size,
    );

    const y = (id: string) => placed.get(id)?.y ?? Number.NaN;
    expect(Math.sign(y('a') - y('b'))).toBe(Math.sign(y('y') - y('x')));
  });

  it('leads a line around the items of a layer it skips', () => {
    const { placed, routes } = layoutOf(
      [item('a', 0), item('b', 1), item('c', 2)],
      [call('a', 'b'), call('b', 'c'), call('a', 'c')],
      size,
    );

    const between = placed.get('b');
    const through = routes[2]?.[1];
    expect(routes[2]).toHaveLength(4);
    const top = between?.y ?? 0;
    expect((through?.y ?? top) < top || (through?.y ?? top) > top + size.itemHeight).toBe(true);
  });

  it('of nothing is empty', () => {
    expect(layoutOf([], [], size)).toMatchObject({ width: 0, height: 0 });
  });
});
