/** The tokens of styles/tokens.css as the canvas needs them, and which one a series is drawn in. */
import type { Role, Series } from '../api/model';

export interface Palette {
  readonly paper: string;
  readonly ink: string;
  readonly ink2: string;
  readonly ink3: string;
  readonly line: string;
  readonly hatch: string;
  readonly font: string;
  readonly heat: readonly string[];
  readonly token: (name: string) => string;
}

export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  // Remembered: to ask the browser would have it settle the styles of whatever has just changed.
  const known = new Map<string, string>();
  const token = (name: string) => {
    let value = known.get(name);
    if (value === undefined) {
      value = style.getPropertyValue(`--${name}`).trim();
      known.set(name, value);
    }
    return value;
  };
  return {
    paper: token('paper'),
    ink: token('ink'),
    ink2: token('ink-2'),
    ink3: token('ink-3'),
    line: token('line'),
    hatch: token('hatch'),
    font: token('font'),
    heat: heatRamp([token('heat-0'), token('heat-1'), token('heat-2'), token('heat-3')]),
    token,
  };
}

export interface Ink {
  /** The token's name, used both by CSS and by the canvas. */
  readonly token: string;
  readonly dash: readonly number[];
  readonly width: number;
  readonly filled: boolean;
}

const shades: Readonly<Record<Role, readonly string[]>> = {
  ok: ['ok', 'usage-3', 'usage-4'],
  error: ['error', 'wait-2'],
  usage: ['usage', 'usage-2', 'usage-3', 'usage-4'],
  limit: ['limit'],
  wait: ['wait', 'wait-2', 'wait-3'],
  quantile: ['quantile', 'quantile-2'],
  other: ['other', 'usage-4'],
};
// Where colours run out, and for readers who do not see them, the line itself differs.
const dashes: readonly (readonly number[])[] = [[], [6, 3], [2, 2], [8, 3, 2, 3]];

/** Colour by meaning, never by order of arrival: the n-th series of a role. */
export function inkOf(role: Role, nth: number, ofRole: number): Ink {
  const names = shades[role];
  return {
    token: names[nth % names.length] ?? 'other',
    dash: role === 'limit' ? [5, 3] : (dashes[nth % dashes.length] ?? []),
    width: role === 'limit' ? 1 : 1.5,
    filled: role === 'error' || role === 'wait' || (role === 'usage' && ofRole === 1),
  };
}

export function inksOf(series: readonly Series[]): Ink[] {
  const seen = new Map<Role, number>();
  const total = new Map<Role, number>();
  for (const each of series) total.set(each.role, (total.get(each.role) ?? 0) + 1);
  // p99 is the line one looks for: of two quantiles the last one named has the full colour.
  return series.map((each) => {
    const nth = seen.get(each.role) ?? 0;
    seen.set(each.role, nth + 1);
    const count = total.get(each.role) ?? 1;
    if (each.role === 'quantile') {
      const ink = inkOf('quantile', count - 1 - nth, count);
      return { ...ink, dash: nth === count - 1 ? [] : [3, 2], filled: false };
    }
    return inkOf(each.role, nth, count);
  });
}

/** 64 colours from faint to full, mixed in linear steps between the given stops. */
function heatRamp(stops: readonly string[]): string[] {
  const parsed = stops.map((stop) =>
    [1, 3, 5].map((at) => Number.parseInt(stop.slice(at, at + 2), 16)),
  );
  return Array.from({ length: 64 }, (_, i) => {
    const at = (i / 63) * (parsed.length - 1);
    const low = Math.min(parsed.length - 2, Math.floor(at));
    const share = at - low;
    const mixed = [0, 1, 2].map((c) => {
      const from = parsed[low]?.[c] ?? 0;
      const to = parsed[low + 1]?.[c] ?? 0;
      return Math.round(from + (to - from) * share);
    });
    return `rgb(${mixed.join(' ')})`;
  });
}
