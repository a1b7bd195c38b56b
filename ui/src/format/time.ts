/** Times of day and spans. Everything is epoch milliseconds in, words out. */
import type { Zone } from '../state/url';

interface Parts {
  readonly date: string;
  readonly hours: string;
  readonly minutes: string;
  readonly seconds: string;
}

const two = (value: number): string => (value < 10 ? `0${value}` : String(value));

function parts(ms: number, zone: Zone): Parts {
  const at = new Date(ms);
  return zone === 'utc'
    ? {
        date: `${at.getUTCFullYear()}-${two(at.getUTCMonth() + 1)}-${two(at.getUTCDate())}`,
        hours: two(at.getUTCHours()),
        minutes: two(at.getUTCMinutes()),
        seconds: two(at.getUTCSeconds()),
      }
    : {
        date: `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`,
        hours: two(at.getHours()),
        minutes: two(at.getMinutes()),
        seconds: two(at.getSeconds()),
      };
}

export function clock(ms: number, zone: Zone): string {
  const of = parts(ms, zone);
  return `${of.hours}:${of.minutes}:${of.seconds}`;
}

export function dateAndClock(ms: number, zone: Zone): string {
  const of = parts(ms, zone);
  return `${of.date} ${of.hours}:${of.minutes}:${of.seconds}`;
}

/** `12 s`, `4 min`, `3 h`, `2 d`: one number, rounded down. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

export interface TimeTick {
  readonly atMs: number;
  readonly label: string;
}

const steps = [
  1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000,
  3_600_000, 7_200_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000, 172_800_000, 604_800_000,
];

/** Round times inside [fromMs, toMs], at most `most` of them. */
export function timeTicks(fromMs: number, toMs: number, most: number, zone: Zone): TimeTick[] {
  const wanted = (toMs - fromMs) / Math.max(1, most);
  const step = steps.find((each) => each >= wanted) ?? 2_592_000_000;
  const offsetMs = zone === 'utc' ? 0 : new Date(fromMs).getTimezoneOffset() * -60_000;
  const ticks: TimeTick[] = [];
  for (
    let atMs = Math.ceil((fromMs + offsetMs) / step) * step - offsetMs;
    atMs <= toMs;
    atMs += step
  ) {
    const of = parts(atMs, zone);
    const midnight = of.hours === '00' && of.minutes === '00' && of.seconds === '00';
    const label =
      step >= 86_400_000 || midnight
        ? of.date.slice(5)
        : step < 60_000
          ? `${of.hours}:${of.minutes}:${of.seconds}`
          : `${of.hours}:${of.minutes}`;
    ticks.push({ atMs, label });
  }
  return ticks;
}
