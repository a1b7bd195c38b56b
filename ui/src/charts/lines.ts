/** Lines of one lane, drawn by uPlot; grid, value axis and the ceiling of a limit are ours. */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Series, Strip } from '../api/model';
import { showTick } from '../format/quantity';
import type { Frame } from './frame';
import { drawGhost, type Ghost, ghosted } from './ghost';
import type { Ink, Palette } from './palette';
import { niceCeiling, valueTicks } from './scale';
import { unitOf } from './summary';

export interface Lane {
  readonly strip: Strip;
  readonly series: readonly Series[];
  readonly inks: readonly Ink[];
  readonly height: number;
  readonly ghost: Ghost | null;
}

/** A limit far above what is used would press the curve flat: it then stands outside, and is said so. */
const limitInSight = 4;

export interface LaneScale {
  readonly top: number;
  readonly unit: string;
  /** The newest limit above `top`, else null. */
  readonly limitAbove: number | null;
}

export function scaleOf(lane: Pick<Lane, 'series'>): LaneScale {
  const unit = lane.series[0] === undefined ? '' : unitOf(lane.series[0]);
  let used = 0;
  let limit = 0;
  let lastLimit: number | null = null;
  for (const series of lane.series) {
    for (const value of series.values) {
      if (value === null || !Number.isFinite(value)) continue;
      if (series.role === 'limit') {
        limit = Math.max(limit, value);
        lastLimit = value;
      } else {
        used = Math.max(used, value);
      }
    }
  }
  const inSight = limit > 0 && (used === 0 || limit <= used * limitInSight);
  const wanted = inSight ? Math.max(used, limit) * 1.12 : used * 1.06;
  // A ratio of waiting is drawn against at least a tenth, so that noise stays noise.
  const least = unit === 'ratio' ? 0.1 : 0;
  const top = niceCeiling(Math.max(wanted, least), unit);
  return { top, unit, limitAbove: lastLimit !== null && lastLimit > top ? lastLimit : null };
}

/** What decides whether a chart can be kept or must be made anew. */
export function shapeOf(lane: Lane): string {
  return lane.series
    .map((series) => `${series.role}:${series.name}:${series.min === null ? 'v' : 'm'}`)
    .join('|');
}

export class LineChart {
  private plot: uPlot;
  private lane: Lane;
  private frame: Frame;
  private palette: Palette;
  private scale: LaneScale;

  constructor(parent: HTMLElement, lane: Lane, frame: Frame, palette: Palette) {
    this.lane = lane;
    this.frame = frame;
    this.palette = palette;
    this.scale = scaleOf(lane);
    this.plot = new uPlot(this.options(), this.data(), parent);
  }

  update(lane: Lane, frame: Frame, palette: Palette): void {
    const resized = frame.plotWidth !== this.frame.plotWidth || lane.height !== this.lane.height;
    this.lane = lane;
    this.frame = frame;
    this.palette = palette;
    this.scale = scaleOf(lane);
    if (resized)
      this.plot.setSize({ width: frame.plotWidth + frame.axisWidth, height: lane.height });
    this.plot.setData(this.data(), true);
  }

  destroy(): void {
    this.plot.destroy();
  }

  /** Pixels from the lane's top to a value of it. */
  y(value: number): number {
    return (
      this.lane.height - (Math.min(value, this.scale.top) / this.scale.top) * (this.lane.height - 1)
    );
  }

  private data(): uPlot.AlignedData {
    const { strip, series } = this.lane;
    let count = 0;
    for (const each of series) count = Math.max(count, each.values.length);
    const times = new Array<number>(count);
    for (let i = 0; i < count; i++) times[i] = strip.startMs + (i + 0.5) * strip.stepMs;
    const columns: (readonly (number | null)[])[] = [];
    for (const each of series) {
      if (each.min !== null) columns.push(each.min);
      columns.push(each.values);
    }
    return [times, ...columns] as uPlot.AlignedData;
  }

  private options(): uPlot.Options {
    const series: uPlot.Series[] = [{}];
    const bands: uPlot.Band[] = [];
    this.lane.series.forEach((each, index) => {
      const ink = this.lane.inks[index];
      if (ink === undefined) return;
      const stroke = () => this.palette.token(ink.token);
      if (each.min !== null) {
        series.push({ stroke: 'transparent', width: 0, points: { show: false } });
        bands.push({
          series: [series.length, series.length - 1],
          fill: () => faded(this.palette.token(ink.token), 0.28),
        });
      }
      series.push({
        stroke,
        width: ink.width,
        dash: [...ink.dash],
        points: { show: true, size: 3, width: 0, fill: stroke, filter: lonely },
        ...(ink.filled
          ? { fill: () => faded(this.palette.token(ink.token), 0.14), fillTo: 0 }
          : {}),
      });
    });
    return {
      width: this.frame.plotWidth + this.frame.axisWidth,
      height: this.lane.height,
      ms: 1,
      padding: [0, this.frame.axisWidth, 0, 0],
      legend: { show: false },
      cursor: { show: false },
      axes: [{ show: false }, { show: false }],
      scales: {
        x: { time: false, range: () => [this.frame.fromMs, this.frame.toMs] },
        y: { range: () => [0, this.scale.top] },
      },
      series,
      bands,
      hooks: {
        drawClear: [(plot) => this.drawGrid(plot)],
        draw: [(plot) => this.drawCeiling(plot)],
      },
    };
  }

  private drawGrid(plot: uPlot): void {
    const { ctx } = plot;
    const ratio = uPlot.pxRatio;
    ctx.save();
    ctx.scale(ratio, ratio);
    ctx.font = `11px ${this.palette.font}`;
    ctx.textBaseline = 'middle';
    const wanted = Math.floor(this.lane.height / 34);
    const { top, unit } = this.scale;
    let lastY = this.lane.height + 20;
    for (const tick of wanted < 2 ? [top] : valueTicks(top, wanted, unit)) {
      const y = Math.round(this.y(tick)) + 0.5;
      ctx.fillStyle = this.palette.line;
      ctx.fillRect(0, y - 0.5, this.frame.plotWidth, 1);
      if (lastY - y < 14) continue;
      ctx.fillStyle = this.palette.ink3;
      ctx.fillText(showTick(tick, unit), this.frame.plotWidth + 6, Math.max(6, y));
      lastY = y;
    }
    ctx.fillStyle = this.palette.token('line-strong');
    ctx.fillRect(0, this.lane.height - 1, this.frame.plotWidth, 1);
    const { ghost } = this.lane;
    const of = ghosted(this.lane.series);
    if (ghost !== null && of !== null) {
      drawGhost(ctx, ghost, of, this.frame, (value) => this.y(value), this.palette);
    }
    ctx.restore();
  }

  /** What lies above a limit cannot be reached: hatched, as an engineer draws a wall. */
  private drawCeiling(plot: uPlot): void {
    const limit = this.lane.series.find((each) => each.role === 'limit');
    if (limit === undefined || this.scale.limitAbove !== null) return;
    const { ctx } = plot;
    const ratio = uPlot.pxRatio;
    const { strip } = this.lane;
    ctx.save();
    ctx.scale(ratio, ratio);
    ctx.beginPath();
    let any = false;
    const width = (strip.stepMs / (this.frame.toMs - this.frame.fromMs)) * this.frame.plotWidth;
    for (let i = 0; i < limit.values.length; i++) {
      const value = limit.values[i];
      if (value === null || value === undefined || value > this.scale.top) continue;
      const x =
        ((strip.startMs + i * strip.stepMs - this.frame.fromMs) /
          (this.frame.toMs - this.frame.fromMs)) *
        this.frame.plotWidth;
      const left = Math.max(0, x);
      ctx.rect(left, 0, Math.min(this.frame.plotWidth, x + width + 0.5) - left, this.y(value));
      any = true;
    }
    if (any) {
      ctx.clip();
      ctx.strokeStyle = this.palette.hatch;
      ctx.lineWidth = 1;
      ctx.beginPath();
      for (let x = -this.lane.height; x < this.frame.plotWidth; x += 6) {
        ctx.moveTo(x, this.lane.height);
        ctx.lineTo(x + this.lane.height, 0);
      }
      ctx.stroke();
    }
    ctx.restore();
  }
}

/** A value with nothing on either side would be a line of no length: it gets a dot. */
function lonely(plot: uPlot, seriesIndex: number): number[] {
  const values = plot.data[seriesIndex];
  const out: number[] = [];
  if (values === undefined) return out;
  for (let i = 0; i < values.length; i++) {
    if (values[i] != null && values[i - 1] == null && values[i + 1] == null) out.push(i);
  }
  return out;
}

function faded(colour: string, alpha: number): string {
  return colour.startsWith('#') && colour.length === 7
    ? colour +
        Math.round(alpha * 255)
          .toString(16)
          .padStart(2, '0')
    : colour;
}
