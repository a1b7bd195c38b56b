/** The same signal of an earlier span, drawn as dots beneath: what was usual stands beside what is. */
import type { Series, Strip } from '../api/model';
import { type Frame, xOf } from './frame';
import type { Palette } from './palette';

export interface Ghost {
  readonly strip: Strip;
  /** How much later than measured it is drawn. */
  readonly shiftMs: number;
}

/** The line of a lane that is worth a ghost: the first that is neither a limit nor missing; of quantiles the last. */
export function ghosted(series: readonly Series[]): Series | null {
  const worth = series.filter((each) => each.role !== 'limit' && each.missing === null);
  const quantile = worth.filter((each) => each.role === 'quantile').at(-1);
  return quantile ?? worth[0] ?? null;
}

export function drawGhost(
  context: CanvasRenderingContext2D,
  ghost: Ghost,
  of: Series,
  frame: Frame,
  yOf: (value: number) => number,
  palette: Palette,
): void {
  const series = ghost.strip.series.find((each) => each.name === of.name && each.role === of.role);
  if (series === undefined) return;
  const { startMs, stepMs } = ghost.strip;
  context.beginPath();
  let drawing = false;
  for (let i = 0; i < series.values.length; i++) {
    const value = series.values[i];
    const x = xOf(frame, startMs + ghost.shiftMs + (i + 0.5) * stepMs);
    if (value === null || value === undefined || x < 0 || x > frame.plotWidth) {
      drawing = false;
      continue;
    }
    if (drawing) context.lineTo(x, yOf(value));
    else context.moveTo(x, yOf(value));
    drawing = true;
  }
  context.strokeStyle = palette.ink2;
  context.lineWidth = 1.25;
  context.setLineDash([2, 2]);
  context.stroke();
  context.setLineDash([]);
}
