/**
 * Numbers as a reader wants them: three significant digits, the unit beside, absent said as absent.
 * `unit` is the API's base unit: s, bytes, bytes/s, ratio, cores, 1/s, requests, or any word.
 */
export interface Quantity {
  readonly number: string;
  readonly unit: string;
}

const absent: Quantity = { number: '–', unit: '' };

/** Three significant digits without an exponent; a thin space parts thousands. */
function digits(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 99.95) return whole(Math.round(value));
  if (size >= 9.995) return value.toFixed(1);
  if (size >= 0.9995) return value.toFixed(2);
  if (size >= 0.0995) return value.toFixed(2);
  if (size >= 0.0005) return value.toFixed(3);
  return value < 0 ? '−0' : '~0';
}

function whole(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+(?!\d))/g, '\u202f');
}

function scaled(value: number, base: number, units: readonly string[], suffix: string): Quantity {
  let at = 0;
  let scaledValue = value;
  while (Math.abs(scaledValue) >= base * 0.9995 && at + 1 < units.length) {
    scaledValue /= base;
    at++;
  }
  const number = at === 0 ? digitsOfWhole(scaledValue) : digits(scaledValue);
  return { number, unit: `${units[at] ?? ''}${suffix}` };
}

function digitsOfWhole(value: number): string {
  return Math.abs(value) < 10 && !Number.isInteger(value)
    ? digits(value)
    : String(Math.round(value));
}

const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
const countUnits = ['', 'k', 'M', 'G', 'T'];

export function quantity(value: number | null | undefined, unit: string): Quantity {
  if (value === null || value === undefined || Number.isNaN(value)) return absent;
  if (!Number.isFinite(value)) return { number: value > 0 ? '∞' : '−∞', unit: '' };
  switch (unit) {
    case 's':
      return seconds(value);
    case 'bytes':
    case 'By':
      return scaled(value, 1024, byteUnits, '');
    case 'bytes/s':
    case 'By/s':
      return scaled(value, 1024, byteUnits, '/s');
    case 'ratio':
      return ratio(value);
    case '1/s':
    case 'requests/s':
      return Math.abs(value) >= 10_000
        ? scaled(value, 1000, countUnits, '/s')
        : { number: digits(value), unit: '/s' };
    case 'cores':
      return { number: digits(value), unit: 'cores' };
    case 's/s':
      return { number: digits(value), unit: 's/s' };
    // What is counted is in the name beside it.
    case 'requests':
    case 'threads':
    case 'connections':
      return { number: Number.isInteger(value) ? whole(value) : digits(value), unit: '' };
    default:
      return Math.abs(value) >= 100_000
        ? joined(scaled(value, 1000, countUnits, ''), unit)
        : { number: digits(value), unit };
  }
}

function joined(of: Quantity, unit: string): Quantity {
  return { number: of.number + of.unit, unit };
}

function seconds(value: number): Quantity {
  const size = Math.abs(value);
  if (size === 0) return { number: '0', unit: 's' };
  if (size < 0.9995e-3) return { number: digits(value * 1e6), unit: 'µs' };
  if (size < 0.9995) return { number: digits(value * 1e3), unit: 'ms' };
  if (size < 119.5) return { number: digits(value), unit: 's' };
  if (size < 7170) return { number: digits(value / 60), unit: 'min' };
  return { number: digits(value / 3600), unit: 'h' };
}

function ratio(value: number): Quantity {
  const percent = value * 100;
  const size = Math.abs(percent);
  if (size !== 0 && size < 0.01) return { number: '<0.01', unit: '%' };
  if (size >= 99.95) return { number: String(Math.round(percent)), unit: '%' };
  return {
    number: size >= 9.995 ? percent.toFixed(1) : percent === 0 ? '0' : percent.toFixed(2),
    unit: '%',
  };
}

const narrow = '\u202f';
const blank = '\u00a0';

/** A unit that is a word stands apart from its number by a whole blank, a sign by a narrow one. */
function joiner(unit: string): string {
  return unit.length > 3 && !unit.includes('/') ? blank : narrow;
}

export function show(value: number | null | undefined, unit: string): string {
  const of = quantity(value, unit);
  return of.unit === '' ? of.number : of.number + joiner(of.unit) + of.unit;
}

/** The same on an axis, where round values have no zeros behind the point. */
export function showTick(value: number, unit: string): string {
  const of = quantity(value, unit);
  const number = of.number.includes('.') ? of.number.replace(/\.?0+$/, '') : of.number;
  return of.unit === '' || of.unit === 'cores' ? number : number + narrow + of.unit;
}

/**
 * A number without a known unit, four significant digits: `12.34 M`, `0.0125`, `3.1e-7`. For values a
 * reader's own expression made; their table holds them unrounded.
 */
export function plain(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+∞' : '−∞';
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size < 0.001)
    return value
      .toExponential(2)
      .replaceAll('-', '−')
      .replace(/\.?0+e/, 'e');
  if (size < 10_000) return trimmed(value);
  const step = Math.min(countUnits.length - 1, Math.floor(Math.log10(size) / 3));
  const unit = size >= 1e15 ? '' : (countUnits[step] ?? '');
  return size >= 1e15
    ? value.toExponential(3)
    : `${trimmed(value / 1000 ** step)}${unit === '' ? '' : narrow + unit}`;
}

function trimmed(value: number): string {
  const text = value.toPrecision(4);
  const short = text.includes('.') && !text.includes('e') ? text.replace(/\.?0+$/, '') : text;
  return short.replace('-', '−');
}
