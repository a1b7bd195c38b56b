/**
 * Joins the new columns of a `since=` reply to the page already held, so that a live page costs the same
 * whatever its window. Returns null where the two do not fit (another step, another bucket grid): the page
 * then asks for everything once.
 */
import type { Column } from './decode';
import type { EntityPage, Heatmap, Series, Strip } from './model';

/** `fromMs` is where the window now begins: older columns are let go. */
export function mergePages(held: EntityPage, news: EntityPage, fromMs: number): EntityPage | null {
  if (held.id !== news.id) return null;
  const byId = new Map(news.strips.map((strip) => [strip.id, strip]));
  const strips: Strip[] = [];
  for (const strip of held.strips) {
    const fresh = byId.get(strip.id);
    if (fresh === undefined) return null;
    const merged = mergeStrips(strip, fresh, fromMs);
    if (merged === null) return null;
    strips.push(merged);
  }
  if (news.strips.length !== held.strips.length) return null;
  return { ...news, startMs: fromMs, strips };
}

export function mergeStrips(held: Strip, news: Strip, fromMs: number): Strip | null {
  if (news.state.kind === 'pending') return held;
  if (news.state.kind !== 'measured') return news;
  if (held.state.kind !== 'measured') return null;
  if (held.stepMs !== news.stepMs || held.stepMs <= 0) return null;
  const step = held.stepMs;
  if ((news.startMs - held.startMs) % step !== 0) return null;
  // Columns that have left the window go; one that straddles its edge stays.
  const startMs = held.startMs + Math.max(0, Math.floor((fromMs - held.startMs) / step)) * step;
  const dropped = (startMs - held.startMs) / step;
  const kept = (news.startMs - startMs) / step;
  if (kept < 0) return { ...news };
  const splice = (old: Column | null, fresh: Column | null): Column | null => {
    if (old === null && fresh === null) return null;
    return joinColumns(old ?? [], dropped, kept, fresh ?? []);
  };
  const series: Series[] = [];
  const fresh = new Map(news.series.map((each) => [keyOf(each), each]));
  for (const old of held.series) {
    const next = fresh.get(keyOf(old));
    fresh.delete(keyOf(old));
    const merged: Series = {
      name: old.name,
      role: old.role,
      unit: old.unit,
      missing: next === undefined ? old.missing : next.missing,
      values: splice(old.values, next?.values ?? null) ?? [],
      min: splice(old.min, next?.min ?? null),
      max: splice(old.max, next?.max ?? null),
      lower: splice(old.lower, next?.lower ?? null),
      upper: splice(old.upper, next?.upper ?? null),
    };
    // What the reply no longer names and the window no longer holds would stand in the legend without a line: "requests"
    // from before the first of them, a status class that has passed.
    if (next !== undefined || holdsAny(merged.values) || holdsAny(merged.max)) series.push(merged);
  }
  for (const next of fresh.values()) {
    series.push({
      ...next,
      values: splice(null, next.values) ?? [],
      min: splice(null, next.min),
      max: splice(null, next.max),
      lower: splice(null, next.lower),
      upper: splice(null, next.upper),
    });
  }
  const heatmap = mergeHeatmaps(held.heatmap, news.heatmap, dropped, kept);
  if (heatmap === 'unfit') return null;
  return { ...news, startMs, series, heatmap };
}

function keyOf(series: Series): string {
  return `${series.role}\n${series.name}`;
}

function holdsAny(column: Column | null): boolean {
  return column?.some((value) => value !== null) ?? false;
}

/** Old columns [dropped, dropped + kept), padded with gaps, then the fresh ones. */
function joinColumns(old: Column, dropped: number, kept: number, fresh: Column): Column {
  const out: (number | null)[] = old.slice(dropped, dropped + kept);
  while (out.length < kept) out.push(null);
  for (const value of fresh) out.push(value);
  return out;
}

function mergeHeatmaps(
  held: Heatmap | null,
  news: Heatmap | null,
  dropped: number,
  kept: number,
): Heatmap | null | 'unfit' {
  if (held === null && news === null) return null;
  if (held === null || news === null) return 'unfit';
  const keep = held.columns.slice(dropped, dropped + kept);
  while (keep.length < kept) keep.push([]);
  if (news.bounds.length === 0) return { bounds: held.bounds, columns: [...keep, ...news.columns] };
  const bounds = [...new Set([...held.bounds, ...news.bounds])].sort((a, b) => a - b);
  const fromOld = bucketMap(held.bounds, bounds);
  const fromNew = bucketMap(news.bounds, bounds);
  if (fromOld === null || fromNew === null) return 'unfit';
  return {
    bounds,
    columns: [
      ...keep.map((cells) => remap(cells, fromOld)),
      ...news.columns.map((cells) => remap(cells, fromNew)),
    ],
  };
}

/** Where each bucket of one grid stands in a finer one; null where a bucket would be cut in pieces. */
function bucketMap(bounds: readonly number[], union: readonly number[]): number[] | null {
  const place = new Map(union.map((bound, index) => [bound, index]));
  const out: number[] = [];
  for (let i = 0; i + 1 < bounds.length; i++) {
    const from = place.get(bounds[i] ?? Number.NaN);
    const to = place.get(bounds[i + 1] ?? Number.NaN);
    if (from === undefined || to !== from + 1) return null;
    out.push(from);
  }
  return out;
}

function remap(cells: readonly number[], map: readonly number[]): readonly number[] {
  const out = cells.slice();
  for (let i = 0; i < out.length; i += 2) out[i] = map[out[i] ?? -1] ?? -1;
  return out;
}
