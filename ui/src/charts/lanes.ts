/** How a strip's series are laid out: which share an axis, and how high each lane is. */
import type { Series, Strip } from '../api/model';
import { type Ink, inksOf } from './palette';
import { unitOf } from './summary';

export interface LanePlan {
  readonly unit: string;
  readonly height: number;
  readonly series: readonly Series[];
  readonly inks: readonly Ink[];
}

const heights: Readonly<Record<string, number>> = {
  latency: 190,
  requests: 92,
  cpu: 104,
  memory: 80,
};
const heightOfWaits = 48;

export function heightOf(strip: Strip): number {
  return heights[strip.id] ?? 68;
}

/**
 * One lane per unit; a strip of cores keeps its waits (seconds per second) below its use, because a long
 * run queue must not press the use flat, nor the other way round. Series that were not measured draw nothing.
 */
export function planLanes(strip: Strip): LanePlan[] {
  const inks = inksOf(strip.series);
  const lanes = new Map<string, { series: Series[]; inks: Ink[] }>();
  strip.series.forEach((series, index) => {
    const ink = inks[index];
    if (series.missing !== null || ink === undefined) return;
    const unit = unitOf(series);
    const lane = lanes.get(unit) ?? { series: [], inks: [] };
    lane.series.push(series);
    lane.inks.push(ink);
    lanes.set(unit, lane);
  });
  return [...lanes].map(([unit, lane], index) => ({
    unit,
    height: index === 0 ? heightOf(strip) : heightOfWaits,
    ...lane,
  }));
}
