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
  /** For each edge the points it goes through, in the order of the edges given; empty where an end is not placed. */
  readonly routes: readonly (readonly Point[])[];
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly itemWidth: number;
  readonly itemHeight: number;
  readonly gapX: number;
  readonly gapY: number;
}

/** What takes a place in a column: an item, or the passage of a line that skips the column. */
interface Slot {
  readonly id: string;
  readonly item: MapItem | null;
}

/** How high a passage is, beside an item. */
const passage = 0.5;

export function layoutOf(items: readonly MapItem[], edges: readonly MapEdge[], size: Size): Layout {
  const layers = [...new Set(items.map((item) => item.layer))].sort((a, b) => a - b);
  const columnOf = new Map(items.map((item) => [item.id, layers.indexOf(item.layer)]));
  const columns: Slot[][] = layers.map((layer) =>
    items
      .filter((item) => item.layer === layer)
      .sort((a, b) => a.id.localeCompare(b.id))
      .map((item) => ({ id: item.id, item })),
  );
  const neighbours = new Map<string, string[]>();
  const join = (a: string, b: string) => {
    neighbours.set(a, [...(neighbours.get(a) ?? []), b]);
    neighbours.set(b, [...(neighbours.get(b) ?? []), a]);
  };
  // A line over more than one column gets a passage in each between, so that it crosses no item.
  const stations = edges.map((edge, e) => {
    const from = columnOf.get(edge.from);
    const to = columnOf.get(edge.to);
    if (from === undefined || to === undefined) return [];
    const ids = [edge.from];
    for (let c = from + 1; c < to; c++) {
      const id = `${e}\n${c}`;
      columns[c]?.push({ id, item: null });
      ids.push(id);
    }
    ids.push(edge.to);
    for (let i = 0; i + 1 < ids.length; i++) join(ids[i] ?? '', ids[i + 1] ?? '');
    return ids;
  });

  const place = new Map<string, number>();
  const note = (column: readonly Slot[]) =>
    column.forEach((slot, i) => void place.set(slot.id, (i + 0.5) / column.length));
  columns.forEach(note);
  const order = (column: Slot[]) => {
    const mean = new Map(
      column.map((slot) => {
        const of = (neighbours.get(slot.id) ?? []).map((id) => place.get(id) ?? 0.5);
        const sum = of.reduce((total, each) => total + each, 0);
        return [slot.id, of.length === 0 ? (place.get(slot.id) ?? 0.5) : sum / of.length];
      }),
    );
    column.sort((a, b) => (mean.get(a.id) ?? 0) - (mean.get(b.id) ?? 0));
    note(column);
  };
  columns.forEach(order);
  [...columns].reverse().forEach(order);

  const heightOf = (slot: Slot) => size.itemHeight * (slot.item === null ? passage : 1);
  const heights = columns.map((column) =>
    column.reduce((sum, slot) => sum + heightOf(slot) + size.gapY, -size.gapY),
  );
  const height = Math.max(0, ...heights);
  const placed = new Map<string, Placed>();
  const passages = new Map<string, Point>();
  columns.forEach((column, c) => {
    const x = c * (size.itemWidth + size.gapX);
    let y = (height - (heights[c] ?? 0)) / 2;
    for (const slot of column) {
      if (slot.item === null) passages.set(slot.id, { x, y: y + heightOf(slot) / 2 });
      else placed.set(slot.id, { item: slot.item, x, y });
      y += heightOf(slot) + size.gapY;
    }
  });
  const routes = stations.map((ids) => {
    const points: Point[] = [];
    ids.forEach((id, i) => {
      const item = placed.get(id);
      const through = passages.get(id);
      if (item !== undefined) {
        points.push({
          x: item.x + (i === 0 ? size.itemWidth : 0),
          y: item.y + size.itemHeight / 2,
        });
      } else if (through !== undefined) {
        points.push(through, { x: through.x + size.itemWidth, y: through.y });
      }
    });
    return points;
  });
  const width =
    columns.length === 0 ? 0 : columns.length * (size.itemWidth + size.gapX) - size.gapX;
  return { placed, routes, width, height };
}

/** A line through the points, level at each, as SVG path data. */
export function pathOf(points: readonly Point[]): string {
  let path = '';
  for (let i = 0; i < points.length; i++) {
    const to = points[i];
    const from = points[i - 1];
    if (to === undefined) continue;
    if (from === undefined) path += `M${to.x} ${to.y}`;
    else {
      const bend = Math.max(24, Math.abs(to.x - from.x) / 2);
      path += `C${from.x + bend} ${from.y} ${to.x - bend} ${to.y} ${to.x} ${to.y}`;
    }
  }
  return path;
}

/** Where a line's words stand: in the middle of its first stretch, which no item covers. */
export function wordsAt(points: readonly Point[]): Point {
  const from = points[0] ?? { x: 0, y: 0 };
  const to = points[1] ?? from;
  return { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 - 6 };
}
