/** Prometheus's own query API, as Explore and Alerts read it. */
import { get, type Reply } from './client';
import { DecodeError, fields, list, listOrEmpty, number, text, textOr } from './decode';

export type Labels = Readonly<Record<string, string>>;

/** Events in (lower, upper]. */
export interface Bucket {
  readonly lower: number;
  readonly upper: number;
  readonly count: number;
}

/** One series on the grid of its query: `values[i]` is at `startMs + i * stepMs`, null where it has none. */
export interface GridSeries {
  readonly labels: Labels;
  readonly values: readonly (number | null)[];
  /** How many of its samples are native histograms, which a line cannot show. */
  readonly histogramCount: number;
  /** On the same grid; null for a series of plain numbers. */
  readonly histograms: readonly (readonly Bucket[] | null)[] | null;
}

export interface RangeResult {
  readonly startMs: number;
  readonly stepMs: number;
  readonly count: number;
  readonly series: readonly GridSeries[];
}

/** A value as the server wrote it: nothing is rounded on its way to the table. */
export interface InstantItem {
  readonly labels: Labels;
  readonly atMs: number;
  readonly value: string;
}

export interface InstantResult {
  readonly kind: 'vector' | 'scalar' | 'string' | 'matrix';
  readonly items: readonly InstantItem[];
}

function labelsOf(value: unknown, path: string): Labels {
  const labels: Record<string, string> = {};
  for (const [name, each] of Object.entries(fields(value, path))) {
    labels[name] = text(each, `${path}.${name}`);
  }
  return labels;
}

function pair(value: unknown, path: string): readonly [unknown, unknown] {
  if (!Array.isArray(value) || value.length !== 2) {
    throw new DecodeError(path, 'a pair of time and value', value);
  }
  return [value[0], value[1]];
}

/** PromQL's way to write floats, `NaN` and `+Inf` included. */
export function floatOf(value: string): number {
  if (value === '+Inf') return Number.POSITIVE_INFINITY;
  if (value === '-Inf') return Number.NEGATIVE_INFINITY;
  return Number(value);
}

export interface RangeQuery {
  readonly expression: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
}

export function getRange(
  query: RangeQuery,
  tenant: string | null,
  signal: AbortSignal,
): Promise<Reply<RangeResult>> {
  // On the step's own grid: the same columns come back while time moves on.
  const startMs = Math.floor(query.fromMs / query.stepMs) * query.stepMs;
  const count = Math.floor((query.toMs - startMs) / query.stepMs) + 1;
  const parameters = new URLSearchParams({
    query: query.expression,
    start: String(startMs / 1000),
    end: String((startMs + (count - 1) * query.stepMs) / 1000),
    step: String(query.stepMs / 1000),
  });
  return get(`/api/v1/query_range?${parameters}`, tenant, signal, (data) =>
    parseRange(data, startMs, query.stepMs, count),
  );
}

export function parseRange(
  data: unknown,
  startMs: number,
  stepMs: number,
  count: number,
): RangeResult {
  const from = fields(data, 'data');
  const series = list(from['result'], 'data.result', (each, path) => {
    const of = fields(each, path);
    const values = new Array<number | null>(count).fill(null);
    for (const [i, sample] of (Array.isArray(of['values']) ? of['values'] : []).entries()) {
      const [at, value] = pair(sample, `${path}.values[${i}]`);
      const column = Math.round((number(at, path) * 1000 - startMs) / stepMs);
      const float = floatOf(text(value, `${path}.values[${i}][1]`));
      if (column >= 0 && column < count && Number.isFinite(float)) values[column] = float;
    }
    const found = Array.isArray(of['histograms']) ? of['histograms'] : [];
    const histograms =
      found.length === 0 ? null : new Array<readonly Bucket[] | null>(count).fill(null);
    for (const [i, sample] of found.entries()) {
      const [at, histogram] = pair(sample, `${path}.histograms[${i}]`);
      const column = Math.round((number(at, path) * 1000 - startMs) / stepMs);
      if (histograms !== null && column >= 0 && column < count) {
        histograms[column] = bucketsOf(histogram, `${path}.histograms[${i}]`);
      }
    }
    return {
      labels: labelsOf(of['metric'], `${path}.metric`),
      values,
      histogramCount: found.length,
      histograms,
    };
  });
  return { startMs, stepMs, count, series };
}

/** `[rule, lower, upper, count]`, the last three as text. */
function bucketsOf(histogram: unknown, path: string): Bucket[] {
  return listOrEmpty(fields(histogram, path)['buckets'], `${path}.buckets`, (bucket, at) => {
    if (!Array.isArray(bucket) || bucket.length !== 4) {
      throw new DecodeError(at, 'a rule, two bounds and a count', bucket);
    }
    return {
      lower: floatOf(text(bucket[1], at)),
      upper: floatOf(text(bucket[2], at)),
      count: floatOf(text(bucket[3], at)),
    };
  });
}

export function getInstant(
  expression: string,
  atMs: number,
  tenant: string | null,
  signal: AbortSignal,
): Promise<Reply<InstantResult>> {
  const parameters = new URLSearchParams({ query: expression, time: String(atMs / 1000) });
  return get(`/api/v1/query?${parameters}`, tenant, signal, parseInstant);
}

export function parseInstant(data: unknown): InstantResult {
  const from = fields(data, 'data');
  const type = text(from['resultType'], 'data.resultType');
  switch (type) {
    case 'scalar':
    case 'string':
      return { kind: type, items: [itemOf({}, from['result'], 'data.result')] };
    case 'vector':
      return {
        kind: type,
        items: list(from['result'], 'data.result', (each, path) => {
          const of = fields(each, path);
          const labels = labelsOf(of['metric'], `${path}.metric`);
          return of['histogram'] === undefined
            ? itemOf(labels, of['value'], `${path}.value`)
            : histogramItem(labels, of['histogram'], `${path}.histogram`);
        }),
      };
    case 'matrix':
      return {
        kind: type,
        items: list(from['result'], 'data.result', (each, path) => {
          const of = fields(each, path);
          const labels = labelsOf(of['metric'], `${path}.metric`);
          return [
            ...listOrEmpty(of['values'], `${path}.values`, (one, at) => itemOf(labels, one, at)),
            ...listOrEmpty(of['histograms'], `${path}.histograms`, (one, at) =>
              histogramItem(labels, one, at),
            ),
          ];
        }).flat(),
      };
    default:
      throw new DecodeError('data.resultType', 'vector, scalar, string or matrix', type);
  }
}

function itemOf(labels: Labels, sample: unknown, path: string): InstantItem {
  const [at, value] = pair(sample, path);
  return { labels, atMs: number(at, path) * 1000, value: text(value, path) };
}

function histogramItem(labels: Labels, sample: unknown, path: string): InstantItem {
  const [at, histogram] = pair(sample, path);
  const of = fields(histogram, path);
  const buckets = Array.isArray(of['buckets']) ? of['buckets'].length : 0;
  return {
    labels,
    atMs: number(at, path) * 1000,
    value: `histogram: count ${textOr(of['count'], '?', path)}, sum ${textOr(of['sum'], '?', path)}, ${buckets} buckets`,
  };
}

export function getMetricNames(
  tenant: string | null,
  signal: AbortSignal,
): Promise<Reply<string[]>> {
  return get('/api/v1/label/__name__/values', tenant, signal, (data) => list(data, 'data', text));
}

/** `name{a="b"}` as PromQL writes it. */
export function formatLabels(labels: Labels, without: ReadonlySet<string> = new Set()): string {
  const name = without.has('__name__') ? '' : (labels['__name__'] ?? '');
  const rest = Object.entries(labels)
    .filter(([label]) => label !== '__name__' && !without.has(label))
    .map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return rest.length === 0 ? name || '{}' : `${name}{${rest.join(', ')}}`;
}

/** The labels that are the same in all of two or more label sets: said once, they need not be read again. */
export function commonLabels(sets: readonly Labels[]): Labels {
  const first = sets[0];
  if (first === undefined || sets.length < 2) return {};
  return Object.fromEntries(
    Object.entries(first).filter(([label, value]) => sets.every((set) => set[label] === value)),
  );
}
