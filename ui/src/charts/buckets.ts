/** A heatmap made of what an expression yielded: native histograms, or classic buckets with their `le`. */
import type { Heatmap } from '../api/model';
import type { Bucket, RangeResult } from '../api/prometheus';

export interface BucketMap {
  readonly kind: 'native' | 'classic';
  readonly heatmap: Heatmap;
  /** How many series it is the sum of. */
  readonly seriesCount: number;
  /** Events below zero, which an axis of powers has no room for. */
  readonly negative: number;
}

/** Null where neither kind is in the result. */
export function bucketMapOf(result: Pick<RangeResult, 'series' | 'count'>): BucketMap | null {
  const native = result.series.filter((series) => series.histograms !== null);
  if (native.length > 0) {
    return nativeMap(
      native.map((series) => series.histograms ?? []),
      result.count,
    );
  }
  const classic = result.series.filter((series) => series.labels['le'] !== undefined);
  return classic.length === 0 ? null : classicMap(classic, result.count);
}

function nativeMap(
  series: readonly (readonly (readonly Bucket[] | null)[])[],
  count: number,
): BucketMap {
  const edges = new Set<number>();
  let negative = 0;
  for (const columns of series) {
    for (const buckets of columns) {
      for (const bucket of buckets ?? []) {
        if (bucket.upper <= 0) negative += bucket.count;
        else edges.add(Math.max(0, bucket.lower)).add(bucket.upper);
      }
    }
  }
  const bounds = [...edges].sort((a, b) => a - b);
  const place = new Map(bounds.map((bound, i) => [bound, i]));
  const columns = Array.from({ length: count }, (_, c) => {
    const cells = new Map<number, number>();
    for (const each of series) {
      for (const bucket of each[c] ?? []) {
        const from = place.get(Math.max(0, bucket.lower));
        const to = place.get(bucket.upper);
        if (bucket.upper <= 0 || from === undefined || to === undefined || to <= from) continue;
        // A wide bucket of one series beside narrow ones of another: its events are shared out evenly.
        const share = bucket.count / (to - from);
        for (let i = from; i < to; i++) cells.set(i, (cells.get(i) ?? 0) + share);
      }
    }
    return packed(cells);
  });
  return { kind: 'native', heatmap: { bounds, columns }, seriesCount: series.length, negative };
}

function classicMap(series: RangeResult['series'], count: number): BucketMap {
  const byBound = new Map<number, (readonly (number | null)[])[]>();
  for (const each of series) {
    const bound = Number((each.labels['le'] ?? '').replace('+Inf', 'Infinity'));
    if (Number.isNaN(bound)) continue;
    byBound.set(bound, [...(byBound.get(bound) ?? []), each.values]);
  }
  const uppers = [...byBound.keys()].filter((bound) => bound > 0).sort((a, b) => a - b);
  const bounds = [0, ...uppers];
  const columns = Array.from({ length: count }, (_, c) => {
    const cells = new Map<number, number>();
    let below = 0;
    uppers.forEach((upper, i) => {
      const upTo = (byBound.get(upper) ?? []).reduce((sum, values) => sum + (values[c] ?? 0), 0);
      // Buckets are scraped one after the other: one that is ahead of its neighbour holds nothing, not less.
      if (upTo > below) cells.set(i, upTo - below);
      below = Math.max(below, upTo);
    });
    return packed(cells);
  });
  const groups = Math.max(...[...byBound.values()].map((each) => each.length));
  return { kind: 'classic', heatmap: { bounds, columns }, seriesCount: groups, negative: 0 };
}

function packed(cells: ReadonlyMap<number, number>): number[] {
  return [...cells].sort((a, b) => a[0] - b[0]).flat();
}

/** What the bounds of a histogram are measured in, as its name says. */
export function bucketUnitOf(expression: string): string {
  if (/_seconds(_bucket)?\b/.test(expression)) return 's';
  return /_bytes(_bucket)?\b/.test(expression) ? 'bytes' : '';
}
