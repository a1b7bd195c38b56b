/** The page's one time axis: which span of time the plots' pixels stand for. */
export interface Frame {
  readonly fromMs: number;
  readonly toMs: number;
  /** Of the plot alone, in CSS pixels. */
  readonly plotWidth: number;
  /** Room for the value axis at the right. */
  readonly axisWidth: number;
}

export function xOf(frame: Frame, atMs: number): number {
  return ((atMs - frame.fromMs) / (frame.toMs - frame.fromMs)) * frame.plotWidth;
}

export function timeAt(frame: Frame, x: number): number {
  return frame.fromMs + (x / frame.plotWidth) * (frame.toMs - frame.fromMs);
}

/** The column that holds a moment, or -1 outside. */
export function columnAt(
  strip: { readonly startMs: number; readonly stepMs: number },
  count: number,
  atMs: number,
): number {
  const index = Math.floor((atMs - strip.startMs) / strip.stepMs);
  return index >= 0 && index < count ? index : -1;
}

/** The middle of the column that holds a moment: where the crosshair comes to rest. */
export function snap(startMs: number, stepMs: number, atMs: number): number {
  return startMs + (Math.floor((atMs - startMs) / stepMs) + 0.5) * stepMs;
}
