/** Axes: where the gridlines stand and how high a strip reaches. */

const steps = [1, 2, 2.5, 5, 10];

/** The smallest round number that is not below `value`; for bytes, round in powers of two. */
export function niceCeiling(value: number, unit: string): number {
  if (!(value > 0) || !Number.isFinite(value)) return unit.startsWith('bytes') ? 1024 : 1;
  if (unit.startsWith('bytes')) {
    const power = 2 ** Math.floor(Math.log2(value));
    for (const factor of [1, 1.25, 1.5, 1.75, 2]) {
      if (power * factor >= value) return power * factor;
    }
    return power * 2;
  }
  const power = 10 ** Math.floor(Math.log10(value));
  for (const factor of [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10]) {
    if (power * factor >= value * (1 - 1e-9)) return power * factor;
  }
  return power * 10;
}

/** Round values in (0, max], about `wanted` of them. */
export function valueTicks(max: number, wanted: number, unit: string): number[] {
  if (!(max > 0)) return [];
  const rough = max / Math.max(1, wanted);
  const base = unit.startsWith('bytes') ? 2 : 10;
  const power = base ** Math.floor(Math.log(rough) / Math.log(base));
  const step =
    (base === 2 ? [1, 2] : steps).find((each) => each * power >= rough * (1 - 1e-9)) ?? base;
  const ticks: number[] = [];
  for (let i = 1; i * step * power <= max * (1 + 1e-9); i++) ticks.push(i * step * power);
  return ticks;
}

/** 1-2-5 values inside [low, high]; only whole decades where there are more than three of those. */
export function logTicks(low: number, high: number): number[] {
  const decades = Math.log10(high / low);
  const factors = decades > 3 ? [1] : decades > 1.6 ? [1, 3] : [1, 2, 5];
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    for (const factor of factors) {
      const value = factor * 10 ** power;
      if (value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9)) ticks.push(value);
    }
  }
  return ticks;
}
