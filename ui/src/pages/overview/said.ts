/** What a cell says beyond its number, as the title under the pointer: put together only when asked for. */
import type { Signal } from '../../api/model';
import { quantity, show } from '../../format/quantity';

/** `of 2`, `of 512 MiB`: the unit only where it is another than the value's. */
export function limitText(limit: number, unit: string, beside: string): string {
  const of = quantity(limit, unit);
  const number = of.number.includes('.') ? of.number.replace(/\.?0+$/, '') : of.number;
  return of.unit === beside ? `of ${number}` : `of ${number}\u202f${of.unit}`;
}

export function titleOf(signal: Signal | undefined): string {
  if (signal?.kind === 'pending') return 'not read in time; asked for again';
  if (signal?.kind !== 'measured') return signal?.reason ?? 'nothing sends it';
  const bounds =
    signal.lower !== null && signal.upper !== null
      ? `between ${show(signal.lower, signal.unit)} and ${show(signal.upper, signal.unit)}`
      : '';
  const limit =
    signal.limit !== null
      ? `limit ${show(signal.limit, signal.unit)}`
      : signal.limitReason !== null
        ? `limit: ${signal.limitReason}`
        : '';
  return [bounds, limit].filter(Boolean).join('; ');
}
