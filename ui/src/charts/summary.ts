/** A strip in one sentence, for whoever does not see the picture. */
import type { Series, Strip } from '../api/model';
import { show } from '../format/quantity';

export interface Extent {
  readonly min: number;
  readonly max: number;
  readonly maxAt: number;
  readonly last: number;
}

export function extentOf(series: Series): Extent | null {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let maxAt = -1;
  let last: number | null = null;
  for (let i = 0; i < series.values.length; i++) {
    const value = series.values[i];
    if (value === null || value === undefined) continue;
    const low = series.min?.[i] ?? value;
    if (low < min) min = low;
    if (value > max) {
      max = value;
      maxAt = i;
    }
    last = value;
  }
  return last === null ? null : { min, max, maxAt, last };
}

/** Waits in a strip of cores are seconds per second. */
export function unitOf(series: Series): string {
  return series.unit === 'cores' && series.role === 'wait' ? 's/s' : series.unit;
}

export function summarize(strip: Strip, clockOf: (ms: number) => string): string {
  switch (strip.state.kind) {
    case 'not-measured':
      return `${strip.title}: not measured: ${strip.state.reason}`;
    case 'pending':
      return `${strip.title}: still being read`;
    case 'measured':
      break;
  }
  const said = strip.series.map((series) => {
    if (series.missing !== null) return `${series.name} not measured: ${series.missing}`;
    const extent = extentOf(series);
    if (extent === null) return `${series.name} without a value`;
    const unit = unitOf(series);
    if (series.role === 'limit') return `${series.name} ${show(extent.last, unit)}`;
    const peak = clockOf(strip.startMs + extent.maxAt * strip.stepMs);
    return `${series.name} ${show(extent.last, unit)} now, lowest ${show(extent.min, unit)}, highest ${show(extent.max, unit)} at ${peak}`;
  });
  return `${strip.title}: ${said.length === 0 ? 'no series' : said.join('; ')}`;
}

/** The same strip at one moment. */
export function summarizeAt(strip: Strip, column: number): string {
  if (strip.state.kind !== 'measured') return `${strip.title} not measured`;
  const said = strip.series.map((series) => {
    const value = series.values[column];
    return value === null || value === undefined
      ? `${series.name} not measured`
      : `${series.name} ${show(value, unitOf(series))}`;
  });
  return `${strip.title}: ${said.join(', ')}`;
}
