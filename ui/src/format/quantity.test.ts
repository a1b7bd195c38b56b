import { describe, expect, it } from 'vitest';
import { quantity, show } from './quantity';

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
    [3, 'requests', '3.00 requests'],
  ])('of %d %s reads %j', (value, unit, wanted) => {
    expect(show(value, unit).replaceAll('\u202f', ' ')).toBe(wanted);
  });

  it('that is absent is a dash, never a zero', () => {
    expect(quantity(null, 's')).toEqual({ number: '–', unit: '' });
    expect(quantity(Number.NaN, 'bytes').number).toBe('–');
  });
});
