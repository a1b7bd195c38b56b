/**
 * Where the map's items stand: one column for each layer, left to right; within a column near what they are
 * joined to, so that few lines cross. Two passes of ordering by the mean place of neighbours (Sugiyama's
 * barycentre) are enough for the forty items a map has at most.
 */
import type { MapEdge, MapItem } from '../../api/model';

export interface Placed {
  readonly item: MapItem;
  readonly x: number;
  readonly y: number;
}

export interface Layout {
  readonly placed: ReadonlyMap<string, Placed>;
  readonly width: number;
  readonly height: number;
}

export interface Size {
  readonly itemWidth: number;
  readonly itemHeight: number;
  readonly gapX: number;
  readonly gapY: number;
}

export function layoutOf(items: readonly MapItem[], edges: readonly MapEdge[], size: Size): Layout {
  const layers = [...new Set(items.map((item) => item.layer))].sort((a, b) => a - b);
  const columns = layers.map((layer) =>
    items.filter((item) => item.layer === layer).sort((a, b) => a.id.localeCompare(b.id)),
  );
  const neighbours = new Map<string, string[]>();
  for (const { from, to } of edges) {
    neighbours.set(from, [...(neighbours.get(from) ?? []), to]);
    neighbours.set(to, [...(neighbours.get(to) ?? []), from]);
  }
  const place = new Map<string, number>();
  const note = (column: readonly MapItem[]) =>
    column.forEach((item, i) => void place.set(item.id, (i + 0.5) / column.length));
  columns.forEach(note);
  const order = (column: MapItem[]) => {
    const mean = new Map(
      column.map((item) => {
        const of = (neighbours.get(item.id) ?? []).map((id) => place.get(id) ?? 0.5);
        const sum = of.reduce((total, each) => total + each, 0);
        return [item.id, of.length === 0 ? (place.get(item.id) ?? 0.5) : sum / of.length];
      }),
    );
    column.sort((a, b) => (mean.get(a.id) ?? 0) - (mean.get(b.id) ?? 0));
    note(column);
  };
  columns.forEach(order);
  [...columns].reverse().forEach(order);

  const tallest = Math.max(0, ...columns.map((column) => column.length));
  const height = tallest * (size.itemHeight + size.gapY) - (tallest === 0 ? 0 : size.gapY);
  const placed = new Map<string, Placed>();
  columns.forEach((column, c) => {
    const used = column.length * (size.itemHeight + size.gapY) - size.gapY;
    column.forEach((item, i) => {
      placed.set(item.id, {
        item,
        x: c * (size.itemWidth + size.gapX),
        y: (height - used) / 2 + i * (size.itemHeight + size.gapY),
      });
    });
  });
  const width =
    columns.length === 0 ? 0 : columns.length * (size.itemWidth + size.gapX) - size.gapX;
  return { placed, width, height };
}

/** From the right side of one item to the left side of the other, as SVG path data. */
export function pathOf(from: Placed, to: Placed, size: Size): string {
  const startX = from.x + size.itemWidth;
  const startY = from.y + size.itemHeight / 2;
  const endY = to.y + size.itemHeight / 2;
  const bend = Math.max(size.gapX / 2, Math.abs(to.x - startX) / 2);
  return `M${startX} ${startY}C${startX + bend} ${startY} ${to.x - bend} ${endY} ${to.x} ${endY}`;
}
