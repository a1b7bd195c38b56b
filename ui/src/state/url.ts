/**
 * The URL is the state: whatever a reader set can be sent to a colleague, kept, and come back to.
 * `parseUrl` and `formatUrl` are inverse for every state (tested); defaults leave no trace in the URL.
 */
import type { Range } from '../api/client';

export type Page =
  | { readonly kind: 'overview' }
  | { readonly kind: 'service'; readonly id: string }
  | { readonly kind: 'node'; readonly id: string }
  /** Around one service, or of all where `id` is null. */
  | { readonly kind: 'map'; readonly id: string | null }
  | { readonly kind: 'explore' }
  | { readonly kind: 'alerts' }
  | { readonly kind: 'history' }
  | { readonly kind: 'silences' }
  | { readonly kind: 'rules' }
  | { readonly kind: 'objectives' }
  /** Of all services, or one of them opened. */
  | { readonly kind: 'coverage'; readonly id: string | null }
  | { readonly kind: 'unknown'; readonly path: string };

export type Theme = 'system' | 'dark' | 'light';
export type Zone = 'local' | 'utc';
export type Drawn = 'graph' | 'table' | 'heatmap';
/** What a page is compared with: the span just before, or the same span a day or a week earlier. */
export type Compare = 'none' | 'before' | 'day' | 'week';

export interface UrlState {
  readonly page: Page;
  readonly range: Range;
  /** The overview's filter, as typed. */
  readonly filter: string;
  readonly instance: string | null;
  /** Where the crosshair was pinned. */
  readonly pinnedMs: number | null;
  readonly theme: Theme;
  readonly zone: Zone;
  readonly tenant: string | null;
  /** The cluster and the site that are shown; null for all. */
  readonly cluster: string | null;
  readonly site: string | null;
  /** Explore's expression, as last run. */
  readonly expression: string;
  readonly drawn: Drawn;
  readonly compare: Compare;
}

export const defaultWindowMs = 15 * 60_000;
const shortestMs = 10_000;
const longestMs = 366 * 86_400_000;

export const defaultState: UrlState = {
  page: { kind: 'overview' },
  range: { kind: 'live', windowMs: defaultWindowMs },
  filter: '',
  instance: null,
  pinnedMs: null,
  theme: 'system',
  zone: 'local',
  tenant: null,
  cluster: null,
  site: null,
  expression: '',
  drawn: 'graph',
  compare: 'none',
};

export function parseUrl(pathname: string, search: string): UrlState {
  const query = new URLSearchParams(search);
  const theme = query.get('theme');
  return {
    page: parsePage(pathname),
    range: parseRange(query),
    filter: query.get('q') ?? '',
    instance: query.get('instance'),
    pinnedMs: parseTime(query.get('at')),
    theme: theme === 'dark' || theme === 'light' ? theme : 'system',
    zone: query.get('tz') === 'utc' ? 'utc' : 'local',
    tenant: query.get('tenant'),
    cluster: query.get('cluster'),
    site: query.get('site'),
    expression: query.get('expr') ?? '',
    drawn: parseDrawn(query.get('view')),
    compare: parseCompare(query.get('compare')),
  };
}

export function formatUrl(state: UrlState): string {
  const query: [string, string][] = [];
  switch (state.range.kind) {
    case 'live':
      if (state.range.windowMs !== defaultWindowMs) {
        query.push(['last', formatDuration(state.range.windowMs)]);
      }
      break;
    case 'fixed':
      query.push(['from', formatTime(state.range.fromMs)], ['to', formatTime(state.range.toMs)]);
      break;
  }
  if (state.filter !== '') query.push(['q', state.filter]);
  if (state.instance !== null) query.push(['instance', state.instance]);
  if (state.pinnedMs !== null) query.push(['at', formatTime(state.pinnedMs)]);
  if (state.theme !== 'system') query.push(['theme', state.theme]);
  if (state.zone !== 'local') query.push(['tz', state.zone]);
  if (state.tenant !== null) query.push(['tenant', state.tenant]);
  if (state.cluster !== null) query.push(['cluster', state.cluster]);
  if (state.site !== null) query.push(['site', state.site]);
  if (state.compare !== 'none') query.push(['compare', state.compare]);
  if (state.drawn !== 'graph') query.push(['view', state.drawn]);
  if (state.expression !== '') query.push(['expr', state.expression]);
  const search = query.map(([key, value]) => `${key}=${encodeQuery(value)}`).join('&');
  return formatPath(state.page) + (search === '' ? '' : `?${search}`);
}

function parseDrawn(value: string | null): Drawn {
  return value === 'table' || value === 'heatmap' ? value : 'graph';
}

function parseCompare(value: string | null): Compare {
  return value === 'before' || value === 'day' || value === 'week' ? value : 'none';
}

/** How far back the compared span lies, in ms. */
export function shiftOf(compare: Exclude<Compare, 'none'>, spanMs: number): number {
  switch (compare) {
    case 'before':
      return spanMs;
    case 'day':
      return 86_400_000;
    case 'week':
      return 7 * 86_400_000;
  }
}

/** Like encodeURIComponent, but what a query may hold anyway stays readable. */
function encodeQuery(value: string): string {
  return encodeURIComponent(value).replace(/%(3A|2F|2C|40)/g, (escaped) =>
    decodeURIComponent(escaped),
  );
}

function parsePage(pathname: string): Page {
  if (pathname === '' || pathname === '/') return { kind: 'overview' };
  if (pathname === '/map') return { kind: 'map', id: null };
  const mapped = idAfter(pathname, '/map/');
  if (mapped !== null) return { kind: 'map', id: mapped };
  if (pathname === '/explore') return { kind: 'explore' };
  if (pathname === '/alerts') return { kind: 'alerts' };
  if (pathname === '/alerts/history') return { kind: 'history' };
  if (pathname === '/silences') return { kind: 'silences' };
  if (pathname === '/rules') return { kind: 'rules' };
  if (pathname === '/objectives') return { kind: 'objectives' };
  if (pathname === '/coverage') return { kind: 'coverage', id: null };
  const covered = idAfter(pathname, '/coverage/');
  if (covered !== null) return { kind: 'coverage', id: covered };
  const service = idAfter(pathname, '/s/');
  if (service !== null) return { kind: 'service', id: service };
  const node = idAfter(pathname, '/n/');
  if (node !== null) return { kind: 'node', id: node };
  return { kind: 'unknown', path: pathname };
}

function formatPath(page: Page): string {
  switch (page.kind) {
    case 'overview':
      return '/';
    case 'service':
      return `/s/${encodeId(page.id)}`;
    case 'node':
      return `/n/${encodeId(page.id)}`;
    case 'map':
      return page.id === null ? '/map' : `/map/${encodeId(page.id)}`;
    case 'explore':
      return '/explore';
    case 'alerts':
      return '/alerts';
    case 'history':
      return '/alerts/history';
    case 'silences':
      return '/silences';
    case 'rules':
      return '/rules';
    case 'objectives':
      return '/objectives';
    case 'coverage':
      return page.id === null ? '/coverage' : `/coverage/${encodeId(page.id)}`;
    case 'unknown':
      return page.path;
  }
}

// An id's slashes stay slashes (`/s/shop/checkout`). A segment of only dots would be eaten by every URL
// parser, so it carries a tilde in front.
function encodeId(id: string): string {
  return id
    .split('/')
    .map((segment) =>
      /^~*\.{1,2}$/.test(segment)
        ? `~${segment}`
        : encodeURIComponent(segment).replace(/%3A/g, ':'),
    )
    .join('/');
}

function idAfter(pathname: string, prefix: string): string | null {
  if (!pathname.startsWith(prefix) || pathname.length === prefix.length) return null;
  try {
    return pathname
      .slice(prefix.length)
      .split('/')
      .map((segment) => {
        const decoded = decodeURIComponent(segment);
        return /^~+\.{1,2}$/.test(decoded) ? decoded.slice(1) : decoded;
      })
      .join('/');
  } catch {
    // A path with a broken escape names no entity: the page says so instead of failing.
    return null;
  }
}

function parseRange(query: URLSearchParams): Range {
  const fromMs = parseTime(query.get('from'));
  const toMs = parseTime(query.get('to'));
  if (fromMs !== null && toMs !== null && toMs > fromMs) return { kind: 'fixed', fromMs, toMs };
  return { kind: 'live', windowMs: parseDuration(query.get('last')) ?? defaultWindowMs };
}

const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

export function parseDuration(value: string | null): number | null {
  const match = /^(\d{1,9})([smhd])$/.exec(value ?? '');
  if (match === null) return null;
  const ms = Number(match[1]) * unitMs[match[2] as keyof typeof unitMs];
  return ms >= shortestMs && ms <= longestMs ? ms : null;
}

/** The largest unit that says it exactly; parts of a second are dropped. */
export function formatDuration(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds % 86_400 === 0) return `${seconds / 86_400}d`;
  if (seconds % 3600 === 0) return `${seconds / 3600}h`;
  if (seconds % 60 === 0) return `${seconds / 60}m`;
  return `${seconds}s`;
}

/** ISO 8601 in UTC; milliseconds only where there are some. */
function formatTime(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}

function parseTime(value: string | null): number | null {
  if (value === null || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/.test(value)) return null;
  const ms = Date.parse(value);
  return Number.isFinite(ms) ? ms : null;
}
