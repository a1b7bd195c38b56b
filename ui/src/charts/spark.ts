/** Sparks of one row on one canvas: a path for each signal, its ground line, its limit where that is in sight. */
import type { Signal } from '../api/model';
import type { Palette } from './palette';

export const sparkHeight = 24;

export function drawSpark(
  context: CanvasRenderingContext2D,
  signal: Signal | undefined,
  token: string,
  x: number,
  width: number,
  palette: Palette,
): void {
  if (signal?.kind !== 'measured') return;
  const bottom = sparkHeight - 0.5;
  context.lineWidth = 1;
  context.strokeStyle = palette.line;
  context.beginPath();
  context.moveTo(x, bottom);
  context.lineTo(x + width, bottom);
  context.stroke();
  const { spark, limit } = signal;
  let top = 0;
  for (const value of spark) if (value !== null && value > top) top = value;
  if (spark.length < 2 || !(top > 0)) return;
  const inSight = limit !== null && limit <= top * 3;
  if (inSight) top = Math.max(top, limit);
  const yOf = (value: number) => sparkHeight - 1.5 - (value / top) * (sparkHeight - 3);
  if (inSight) {
    context.strokeStyle = palette.ink2;
    context.setLineDash([3, 2]);
    context.beginPath();
    context.moveTo(x, yOf(limit));
    context.lineTo(x + width, yOf(limit));
    context.stroke();
    context.setLineDash([]);
  }
  context.strokeStyle = palette.token(token);
  context.lineWidth = 1.3;
  context.lineCap = 'round';
  context.lineJoin = 'round';
  context.beginPath();
  let drawing = false;
  const step = width / (spark.length - 1);
  for (let i = 0; i < spark.length; i++) {
    const value = spark[i];
    if (value === null || value === undefined) {
      drawing = false;
      continue;
    }
    const at = x + i * step;
    const y = yOf(value);
    if (drawing) context.lineTo(at, y);
    else {
      context.moveTo(at, y);
      // The hair to the right makes a lone value a dot instead of nothing.
      context.lineTo(at + 0.01, y);
    }
    drawing = true;
  }
  context.stroke();
}
