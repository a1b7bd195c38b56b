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

/** What an answer to the same question before had ready in time, where this one has not. */
export function filledFrom(before: EntityPage, page: EntityPage): EntityPage {
  const ready = new Map(before.strips.map((strip) => [strip.id, strip]));
  const strips = page.strips.map((strip) =>
    strip.state.kind === 'pending' ? (ready.get(strip.id) ?? strip) : strip,
  );
  return { ...page, strips };
}

/** Whether a strip was not ready in its time. */
export function isLate(page: EntityPage): boolean {
  return page.strips.some((strip) => strip.state.kind === 'pending');
}

/** Stands on a strip whose earlier columns were never read in time, until they have left the window. */
export const unreadBefore = 'earlier columns were not read in time; reload to ask again';

export function mergeStrips(held: Strip, news: Strip, fromMs: number): Strip | null {
  if (news.state.kind === 'pending') return held;
  // Of a strip that was never ready there is nothing to keep; asking for all of it again would be late again.
  if (held.state.kind === 'pending') {
    return news.startMs > fromMs ? { ...news, notes: [...news.notes, unreadBefore] } : news;
  }
  // What held nothing in the window holds only what is new.
  if (held.state.kind === 'not-measured') return news;
  if (news.state.kind === 'measured' && (held.stepMs !== news.stepMs || held.stepMs <= 0)) {
    return null;
  }
  const step = held.stepMs;
  if ((news.startMs - held.startMs) % step !== 0) {
    return news.state.kind === 'measured' ? null : news;
  }
  // Columns that have left the window go; one that straddles its edge stays.
  const startMs = held.startMs + Math.max(0, Math.floor((fromMs - held.startMs) / step)) * step;
  const dropped = (startMs - held.startMs) / step;
  const kept = (news.startMs - startMs) / step;
  if (kept < 0) return { ...news };
  const width = Math.max(kept, ...news.series.map((each) => kept + each.values.length));
  const splice = (old: Column | null, fresh: Column | null): Column | null => {
    if (old === null && fresh === null) return null;
    return joinColumns(old ?? [], dropped, kept, fresh ?? [], width);
  };
  const of = (old: Series, next: Series | undefined): Series => {
    const merged = {
      values: splice(old.values, next?.values ?? null) ?? [],
      min: splice(old.min, next?.min ?? null),
      max: splice(old.max, next?.max ?? null),
      lower: splice(old.lower, next?.lower ?? null),
      upper: splice(old.upper, next?.upper ?? null),
    };
    // Silent in the columns that are new, and still measured in the window.
    return { ...old, ...merged, missing: holds(merged) ? null : (next?.missing ?? old.missing) };
  };
  const isSilent = news.state.kind === 'not-measured';
  const series: Series[] = [];
  const fresh = new Map(news.series.map((each) => [keyOf(each), each]));
  for (const old of held.series) {
    const next = fresh.get(keyOf(old));
    fresh.delete(keyOf(old));
    const merged = of(old, next);
    // What the reply no longer names and the window no longer holds would stand in the legend without a line: "requests"
    // from before the first of them, a status class that has passed.
    if (next !== undefined || isSilent || holds(merged)) series.push(merged);
  }
  const blank = { values: [], min: null, max: null, lower: null, upper: null };
  for (const next of fresh.values()) series.push(of({ ...next, ...blank }, next));
  const heatmap = mergeHeatmaps(held.heatmap, news.heatmap, dropped, kept);
  if (heatmap === 'unfit') return null;
  // Nothing of it is left in the window: the reply's reason is the window's.
  if (isSilent && !series.some(holds) && !heatmap?.columns.some((cells) => cells.length > 0)) {
    return news;
  }
  const isUnread = startMs > fromMs && held.notes.includes(unreadBefore);
  return {
    ...news,
    state: held.state,
    stepMs: step,
    startMs,
    notes: isUnread ? [...news.notes, unreadBefore] : news.notes,
    series,
    heatmap,
  };
}

function keyOf(series: Series): string {
  return `${series.role}\n${series.name}`;
}

/** Whether a line has a value in any column. */
function holds(line: Pick<Series, 'values' | 'max'>): boolean {
  const any = (column: Column | null) => column?.some((value) => value !== null) ?? false;
  return any(line.values) || any(line.max);
}

/** Old columns [dropped, dropped + kept), then the fresh ones, each padded with gaps to `width` in all. */
function joinColumns(
  old: Column,
  dropped: number,
  kept: number,
  fresh: Column,
  width: number,
): Column {
  const out: (number | null)[] = old.slice(dropped, dropped + kept);
  while (out.length < kept) out.push(null);
  for (const value of fresh) out.push(value);
  while (out.length < width) out.push(null);
  return out;
}

function mergeHeatmaps(
  held: Heatmap | null,
  news: Heatmap | null,
  dropped: number,
  kept: number,
): Heatmap | null | 'unfit' {
  if (held === null) return news === null ? null : 'unfit';
  const keep = held.columns.slice(dropped, dropped + kept);
  while (keep.length < kept) keep.push([]);
  const fresh = news?.columns ?? [];
  if (news === null || news.bounds.length === 0) {
    return { bounds: held.bounds, columns: [...keep, ...fresh] };
  }
  const bounds = commonBounds(held.bounds, news.bounds);
  if (bounds === null) return 'unfit';
  const fromOld = bucketMap(held.bounds, bounds);
  const fromNew = bucketMap(news.bounds, bounds);
  return {
    bounds,
    columns: [
      ...keep.map((cells) => remap(cells, fromOld)),
      ...fresh.map((cells) => remap(cells, fromNew)),
    ],
  };
}

/**
 * The finest bounds on which both grids can be told without cutting a bucket. A few new columns span less than
 * a whole window does, and so come at a finer resolution: every bound of the coarser grid is one of theirs.
 * Null where most of those would be lost: the two are of different layouts.
 */
function commonBounds(a: readonly number[], b: readonly number[]): readonly number[] | null {
  const from = Math.max(a[0] ?? Number.NaN, b[0] ?? Number.NaN);
  const to = Math.min(a.at(-1) ?? Number.NaN, b.at(-1) ?? Number.NaN);
  const shared = (grid: readonly number[]) =>
    grid.filter((bound) => bound >= from && bound <= to).length;
  const common = [...new Set([...a, ...b])]
    .filter((bound) => !cuts(bound, a) && !cuts(bound, b))
    .sort((x, y) => x - y);
  return shared(common) * 2 < Math.min(shared(a), shared(b)) ? null : common;
}

/** Whether a bound lies inside one of a grid's buckets. */
function cuts(bound: number, grid: readonly number[]): boolean {
  const [first = Number.NaN] = grid;
  return bound > first && bound < (grid.at(-1) ?? Number.NaN) && !grid.includes(bound);
}

/** Which bucket of a coarser grid each bucket lies in. */
function bucketMap(bounds: readonly number[], coarser: readonly number[]): number[] {
  const out: number[] = [];
  let at = 0;
  for (let i = 0; i + 1 < bounds.length; i++) {
    const upper = bounds[i + 1] ?? Number.NaN;
    while (at + 2 < coarser.length && (coarser[at + 1] ?? Number.NaN) < upper) at++;
    out.push(at);
  }
  return out;
}

/** The same counts in other buckets; those that now share one are added up. */
function remap(cells: readonly number[], map: readonly number[]): readonly number[] {
  const out: number[] = [];
  for (let i = 0; i + 1 < cells.length; i += 2) {
    const bucket = map[cells[i] ?? -1] ?? -1;
    const count = cells[i + 1] ?? 0;
    const last = out.length - 2;
    if (last >= 0 && out[last] === bucket) out[last + 1] = (out[last + 1] ?? 0) + count;
    else out.push(bucket, count);
  }
  return out;
}
