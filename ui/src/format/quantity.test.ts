import { describe, expect, it } from 'vitest';
import { plain, quantity, show, showTick } from './quantity';

describe('a quantity', () => {
  it.each([
    [0.0000421, 's', '42.1 µs'],
    [0.00999, 's', '9.99 ms'],
    [0.214, 's', '214 ms'],
    [0.9996, 's', '1.00 s'],
    [12.34, 's', '12.3 s'],
    [0, 's', '0 s'],
    [150, 's', '2.50 min'],
    [0, 'bytes', '0 B'],
    [1536, 'bytes', '1.50 KiB'],
    [1023.9, 'bytes', '1.00 KiB'],
    [5.4e8, 'bytes/s', '515 MiB/s'],
    [0, 'ratio', '0 %'],
    [0.00004, 'ratio', '<0.01 %'],
    [0.0123, 'ratio', '1.23 %'],
    [0.931, 'ratio', '93.1 %'],
    [1, 'ratio', '100 %'],
    [12.5, '1/s', '12.5 /s'],
    [1234.5, '1/s', '1 235 /s'],
    [45_600, '1/s', '45.6 k/s'],
    [0.4, 'cores', '0.40 cores'],
    [0.0042, 'cores', '0.004 cores'],
    [-3.21, 'x', '-3.21 x'],
    [3, 'requests', '3'],
  ])('of %d %s reads %j', (value, unit, wanted) => {
    expect(show(value, unit).replaceAll(/[\u202f\u00a0]/g, ' ')).toBe(wanted);
  });

  it('that is absent is a dash, never a zero', () => {
    expect(quantity(null, 's')).toEqual({ number: '–', unit: '' });
    expect(quantity(Number.NaN, 'bytes').number).toBe('–');
  });
});

describe('a tick', () => {
  it.each([
    [3, 's', '3\u202fs'],
    [0.03, 's', '30\u202fms'],
    [50, '1/s', '50\u202f/s'],
    [10, 'requests', '10'],
    [0.25, 'cores', '0.25'],
    [1, 'ratio', '100\u202f%'],
    [0, 's/s', '0\u202fs/s'],
    [67_108_864, 'bytes', '64\u202fMiB'],
  ])('%d of %s reads %j', (value, unit, wanted) => {
    expect(showTick(value, unit)).toBe(wanted);
  });
});

describe('a number without a unit', () => {
  it.each([
    [0, '0'],
    [1, '1'],
    [0.0125, '0.0125'],
    [-2.5, '−2.5'],
    [3.1e-7, '3.1e−7'],
    [1234.5678, '1235'],
    [12_345_678, '12.35\u202fM'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, '+∞'],
    [null, '–'],
  ])('%d reads %j', (value, wanted) => {
    expect(plain(value)).toBe(wanted);
  });
});
