/**
 * The latency heatmap: one cell per (column, bucket), log-y, colour by the share of requests. Over it the
 * quantiles with the bounds of the bucket each fell in: the true value lies inside the band.
 */
import type { Series, Strip } from '../api/model';
import { type Frame, xOf } from './frame';
import type { Ink, Palette } from './palette';
import { logTicks } from './scale';

export interface LogSpan {
  readonly low: number;
  readonly high: number;
}

/** The span of values worth showing: where requests are, and the quantiles, with a little room. */
export function spanOf(strip: Strip): LogSpan {
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  const bounds = strip.heatmap?.bounds ?? [];
  for (const cells of strip.heatmap?.columns ?? []) {
    for (let i = 0; i + 1 < cells.length; i += 2) {
      const bucket = cells[i] ?? -1;
      const from = bounds[bucket];
      const to = bounds[bucket + 1];
      if (from !== undefined && from > 0 && from < low) low = from;
      if (to !== undefined && Number.isFinite(to) && to > high) high = to;
      else if (from !== undefined && from > high) high = from;
    }
  }
  for (const series of strip.series) {
    for (const value of series.values) {
      if (value === null || value <= 0) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  if (!(high > 0) || low >= high) return { low: 0.001, high: 1 };
  // Fewer than four doublings would make noise look like news.
  const middle = Math.sqrt(low * high);
  const half = Math.max(4, (high / low) * 1.15) ** 0.5;
  return { low: middle / half, high: middle * half };
}

export function yOf(span: LogSpan, height: number, value: number): number {
  const at = Math.log(Math.max(value, span.low) / span.low) / Math.log(span.high / span.low);
  return height - Math.min(1, at) * height;
}

export function valueAt(span: LogSpan, height: number, y: number): number {
  return span.low * (span.high / span.low) ** (1 - y / height);
}

export function drawHeatmap(
  context: CanvasRenderingContext2D,
  strip: Strip,
  frame: Frame,
  height: number,
  palette: Palette,
  inks: readonly Ink[],
  label: (value: number) => string,
): void {
  const span = spanOf(strip);
  drawLogGrid(context, span, frame, height, palette, label);
  drawCells(context, strip, frame, height, span, palette);
  strip.series.forEach((series, index) => {
    const ink = inks[index];
    if (ink !== undefined) drawQuantile(context, strip, series, frame, height, span, palette, ink);
  });
}

function drawLogGrid(
  context: CanvasRenderingContext2D,
  span: LogSpan,
  frame: Frame,
  height: number,
  palette: Palette,
  label: (value: number) => string,
): void {
  context.font = `11px ${palette.font}`;
  context.textBaseline = 'middle';
  context.textAlign = 'left';
  let lastY = Number.POSITIVE_INFINITY;
  for (const tick of logTicks(span.low, span.high)) {
    const y = Math.round(yOf(span, height, tick)) + 0.5;
    context.fillStyle = palette.line;
    context.fillRect(0, y - 0.5, frame.plotWidth, 1);
    if (lastY - y < 15 || y < 6 || y > height - 5) continue;
    context.fillStyle = palette.ink3;
    context.fillText(label(tick), frame.plotWidth + 6, y);
    lastY = y;
  }
}

function drawCells(
  context: CanvasRenderingContext2D,
  strip: Strip,
  frame: Frame,
  height: number,
  span: LogSpan,
  palette: Palette,
): void {
  const heatmap = strip.heatmap;
  if (heatmap === null) return;
  const { bounds, columns } = heatmap;
  let most = 0;
  for (const cells of columns) {
    for (let i = 1; i < cells.length; i += 2) most = Math.max(most, cells[i] ?? 0);
  }
  if (most === 0) return;
  const tops = bounds.map((bound) => yOf(span, height, bound === 0 ? span.low : bound));
  const last = palette.heat.length - 1;
  for (let c = 0; c < columns.length; c++) {
    const cells = columns[c];
    if (cells === undefined || cells.length === 0) continue;
    const from = strip.startMs + c * strip.stepMs;
    const left = Math.max(0, Math.round(xOf(frame, from)));
    const right = Math.min(frame.plotWidth, Math.round(xOf(frame, from + strip.stepMs)));
    if (right <= left) continue;
    // A hair of paper between columns as soon as there is room: single columns can then be counted.
    const width = right - left > 5 ? right - left - 1 : right - left;
    for (let i = 0; i + 1 < cells.length; i += 2) {
      const bucket = cells[i] ?? -1;
      const count = cells[i + 1] ?? 0;
      const bottom = tops[bucket];
      const top = tops[bucket + 1];
      if (bottom === undefined || top === undefined || count <= 0) continue;
      // The square root keeps single slow requests visible beside thousands of fast ones.
      context.fillStyle = palette.heat[Math.round(Math.sqrt(count / most) * last)] ?? palette.ink;
      const y = Math.round(top);
      context.fillRect(left, y, width, Math.max(1, Math.round(bottom) - y));
    }
  }
}

function drawQuantile(
  context: CanvasRenderingContext2D,
  strip: Strip,
  series: Series,
  frame: Frame,
  height: number,
  span: LogSpan,
  palette: Palette,
  ink: Ink,
): void {
  const colour = palette.token(ink.token);
  const x = (i: number) => xOf(frame, strip.startMs + (i + 0.5) * strip.stepMs);
  if (series.lower !== null && series.upper !== null) {
    context.fillStyle = colour;
    context.globalAlpha = 0.22;
    const half = (xOf(frame, strip.startMs + strip.stepMs) - xOf(frame, strip.startMs)) / 2;
    for (let i = 0; i < series.values.length; i++) {
      const lower = series.lower[i];
      if (lower === null || lower === undefined) continue;
      const upper = series.upper[i] ?? span.high;
      const top = yOf(span, height, upper);
      context.fillRect(x(i) - half, top, half * 2, yOf(span, height, lower) - top);
    }
    context.globalAlpha = 1;
  }
  context.beginPath();
  let drawing = false;
  for (let i = 0; i < series.values.length; i++) {
    const value = series.values[i];
    if (value === null || value === undefined) {
      drawing = false;
      continue;
    }
    const y = yOf(span, height, value);
    if (drawing) context.lineTo(x(i), y);
    else context.moveTo(x(i), y);
    drawing = true;
  }
  // A rim of paper keeps the line apart from the cells below it.
  context.lineJoin = 'round';
  context.setLineDash([]);
  context.strokeStyle = palette.paper;
  context.globalAlpha = 0.75;
  context.lineWidth = ink.width + 2;
  context.stroke();
  context.globalAlpha = 1;
  context.setLineDash([...ink.dash]);
  context.strokeStyle = colour;
  context.lineWidth = ink.width;
  context.stroke();
  context.setLineDash([]);
}

/** A bound across the plot, such as what an objective allows; one that lies outside is not drawn. */
export function drawBound(
  context: CanvasRenderingContext2D,
  frame: Frame,
  y: number,
  palette: Palette,
): void {
  if (y <= 0) return;
  context.strokeStyle = palette.token('limit');
  context.lineWidth = 1;
  context.setLineDash([5, 3]);
  context.beginPath();
  context.moveTo(0, Math.round(y) + 0.5);
  context.lineTo(frame.plotWidth, Math.round(y) + 0.5);
  context.stroke();
  context.setLineDash([]);
}

/** How many requests one cell holds, in words' parts: its bounds and its count. */
export function cellAt(
  strip: Strip,
  column: number,
  value: number,
): { readonly from: number; readonly to: number; readonly count: number } | null {
  const cells = strip.heatmap?.columns[column];
  if (cells === undefined) return null;
  const bounds = strip.heatmap?.bounds ?? [];
  for (let i = 0; i + 1 < cells.length; i += 2) {
    const bucket = cells[i] ?? -1;
    const from = bounds[bucket];
    const to = bounds[bucket + 1];
    if (from === undefined || to === undefined) continue;
    if (value > from && value <= to) return { from, to, count: cells[i + 1] ?? 0 };
  }
  return null;
}
