/** Any number of lines on one axis, drawn by uPlot: what an expression of the reader's own gave. */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { RangeResult } from '../api/prometheus';
import type { Frame } from './frame';
import type { Palette } from './palette';

/** More lines than this are a carpet; the table below the graph still names them. */
export const mostLines = 60;
const colours = 8;
const dashes: readonly (readonly number[])[] = [[], [6, 3], [2, 2], [8, 3, 2, 3]];

export interface LineInk {
  readonly token: string;
  readonly dash: readonly number[];
}

/** Eight colours, then the same eight dashed: no two of 32 lines look alike. */
export function lineInk(index: number): LineInk {
  return {
    token: `series-${(index % colours) + 1}`,
    dash: dashes[Math.floor(index / colours) % dashes.length] ?? [],
  };
}

export interface Span {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
}

/** A round span around all values. It holds zero unless the values lie far from it. */
export function spanOf(
  result: Pick<RangeResult, 'series'>,
  wantedTicks: number,
  threshold: number | null = null,
): Span {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const series of result.series.slice(0, mostLines)) {
    for (const value of series.values) {
      if (value === null) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  if (threshold !== null) {
    low = Math.min(low, threshold);
    high = Math.max(high, threshold);
  }
  if (low > high) return { low: 0, high: 1, ticks: [0, 1] };
  if (low > 0 && low < 0.7 * high) low = 0;
  if (high < 0 && high > 0.7 * low) high = 0;
  if (low === high) {
    const half = Math.abs(low) * 0.1 || 1;
    low -= half;
    high += half;
  }
  const rough = (high - low) / Math.max(1, wantedTicks);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step =
    ([1, 2, 2.5, 5, 10].find((each) => each * power >= rough * (1 - 1e-9)) ?? 10) * power;
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  const ticks: number[] = [];
  for (let i = first; i <= last; i++) ticks.push(i * step);
  return { low: first * step, high: last * step, ticks };
}

export interface Look {
  readonly height: number;
  /** How a value is written at the axis. */
  readonly label: (value: number) => string;
  /** Drawn as a dashed line across, and always in sight. */
  readonly threshold: number | null;
}

export class ManyLines {
  private plot: uPlot;
  private result: RangeResult;
  private frame: Frame;
  private palette: Palette;
  private span: Span;
  private lit: number | null = null;

  constructor(
    parent: HTMLElement,
    result: RangeResult,
    frame: Frame,
    palette: Palette,
    private readonly look: Look,
  ) {
    this.result = result;
    this.frame = frame;
    this.palette = palette;
    this.span = spanOf(result, look.height / 48, look.threshold);
    this.plot = new uPlot(this.options(), this.data(), parent);
  }

  /** False where the chart must be made anew: it has another number of lines. */
  update(result: RangeResult, frame: Frame, palette: Palette): boolean {
    if (Math.min(mostLines, result.series.length) !== this.plot.series.length - 1) return false;
    const resized = frame.plotWidth !== this.frame.plotWidth;
    this.result = result;
    this.frame = frame;
    this.palette = palette;
    this.span = spanOf(result, this.look.height / 48, this.look.threshold);
    if (resized) {
      this.plot.setSize({ width: frame.plotWidth + frame.axisWidth, height: this.look.height });
    }
    this.plot.setData(this.data(), true);
    return true;
  }

  /** One line stands out, the others step back; null for all alike. */
  light(index: number | null): void {
    if (index === this.lit) return;
    this.lit = index;
    this.plot.redraw(false);
  }

  destroy(): void {
    this.plot.destroy();
  }

  private data(): uPlot.AlignedData {
    const { startMs, stepMs, count, series } = this.result;
    const times = Array.from({ length: count }, (_, i) => startMs + i * stepMs);
    return [times, ...series.slice(0, mostLines).map((each) => each.values)] as uPlot.AlignedData;
  }

  private options(): uPlot.Options {
    const lines = this.result.series.slice(0, mostLines).map((_, index): uPlot.Series => {
      const ink = lineInk(index);
      const stroke = () => {
        const colour = this.palette.token(ink.token);
        return this.lit === null || this.lit === index ? colour : `${colour}38`;
      };
      return {
        stroke,
        width: 1.5,
        dash: [...ink.dash],
        points: { show: this.result.count < 3, size: 4, width: 0, fill: stroke },
      };
    });
    return {
      width: this.frame.plotWidth + this.frame.axisWidth,
      height: this.look.height,
      ms: 1,
      padding: [0, this.frame.axisWidth, 0, 0],
      legend: { show: false },
      cursor: { show: false },
      axes: [{ show: false }, { show: false }],
      scales: {
        x: { time: false, range: () => [this.frame.fromMs, this.frame.toMs] },
        y: { range: () => [this.span.low, this.span.high] },
      },
      series: [{}, ...lines],
      hooks: { drawClear: [(plot) => this.drawGrid(plot)] },
    };
  }

  private drawGrid(plot: uPlot): void {
    const { ctx } = plot;
    const { low, high, ticks } = this.span;
    ctx.save();
    ctx.scale(uPlot.pxRatio, uPlot.pxRatio);
    ctx.font = `11px ${this.palette.font}`;
    ctx.textBaseline = 'middle';
    for (const tick of ticks) {
      const y = this.look.height - ((tick - low) / (high - low)) * this.look.height;
      const strong = tick === 0 || tick === low;
      ctx.fillStyle = strong ? this.palette.token('line-strong') : this.palette.line;
      ctx.fillRect(0, Math.min(this.look.height - 1, Math.round(y)), this.frame.plotWidth, 1);
      ctx.fillStyle = this.palette.ink3;
      // Rounded to the step: 0.1 + 0.2 is no label.
      const label = this.look.label(Number(tick.toPrecision(6)));
      ctx.fillText(label, this.frame.plotWidth + 6, Math.min(this.look.height - 6, Math.max(6, y)));
    }
    const { threshold } = this.look;
    if (threshold !== null) {
      const y = this.look.height - ((threshold - low) / (high - low)) * this.look.height;
      ctx.strokeStyle = this.palette.token('limit');
      ctx.setLineDash([5, 3]);
      ctx.beginPath();
      ctx.moveTo(0, y);
      ctx.lineTo(this.frame.plotWidth, y);
      ctx.stroke();
    }
    ctx.restore();
  }
}
