import { describe, expect, it } from 'vitest';
import { placeOf, stepFor } from './place';

describe('the place of an error', () => {
  it('is the word the server points at', () => {
    const expression = 'sum(rate(foo[5m]) bar)';

    const place = placeOf(
      expression,
      'invalid parameter "query": 1:19: parse error: unexpected bar',
    );

    expect(place).toEqual({ from: 18, to: 21, message: 'parse error: unexpected bar' });
  });

  it('is the last character where the expression ends too soon', () => {
    const place = placeOf('sum(x', '1:6: parse error: unclosed left parenthesis');

    expect(place).toMatchObject({ from: 4, to: 5 });
  });

  it('counts lines, and bytes as the server does', () => {
    expect(placeOf('a +\n  )', '2:3: parse error: unexpected )')).toMatchObject({ from: 6, to: 7 });
    expect(placeOf('x{a="é"} y', '1:11: parse error: unexpected y')).toMatchObject({ from: 9 });
  });

  it('is unknown where the server names none', () => {
    expect(placeOf('x', 'query timed out')).toBeNull();
  });
});

describe('the step', () => {
  it.each([
    [900_000, 500, 2000],
    [300_000, 500, 1000],
    [86_400_000, 500, 300_000],
    [365 * 86_400_000, 300, 172_800_000],
  ])('of %d ms in at most %d columns is %d ms', (spanMs, most, wanted) => {
    expect(stepFor(spanMs, most)).toBe(wanted);
  });
});
