import { expect, test } from 'vitest';
import { counted } from './counted';

test.each([
  [1, '1 rule'],
  [0, '0 rules'],
  [2, '2 rules'],
  [21, '21 rules'],
])('%d is said as %s', (count, said) => {
  expect(counted(count, 'rule')).toBe(said);
});

test('a plural of its own is used as it is given', () => {
  expect([counted(1, 'process', 'processes'), counted(3, 'process', 'processes')]).toEqual([
    '1 process',
    '3 processes',
  ]);
});
