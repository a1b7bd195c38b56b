import { describe, expect, it } from 'vitest';
import { thresholdOf, unitOf } from './expression';

describe('the threshold of an expression', () => {
  it.each([
    ['a > 5', 'a', '>', 5],
    [
      'sum by (job) (rate(x{a="b > c"}[1m])) >= 0.05',
      'sum by (job) (rate(x{a="b > c"}[1m]))',
      '>=',
      0.05,
    ],
    ['up == 0', 'up', '==', 0],
    ['x < -1e-3', 'x', '<', -0.001],
  ])('of %j is read', (expression, of, operator, value) => {
    expect(thresholdOf(expression)).toEqual({ of, operator, value });
  });

  it.each([
    'up',
    'a > b',
    'a > 1 and b > 2',
    '(a > 1)',
    'a > 1 > 2',
    "absent(x{a='>'})",
    'a > 2 * 3',
  ])('of %j is not guessed', (expression) => {
    expect(thresholdOf(expression)).toBeNull();
  });

  it('is not looked for in names that begin like an operator', () => {
    expect(thresholdOf('orders > 3')?.of).toBe('orders');
    expect(thresholdOf('android_crashes > 3')?.value).toBe(3);
  });
});

describe('the unit of an expression', () => {
  it.each([
    [
      'histogram_quantile(0.99, sum by (job) (rate(http_server_request_duration_seconds[1m])))',
      's',
    ],
    ['sum by (job) (histogram_count(rate(http_server_request_duration_seconds[1m])))', '1/s'],
    ['rate(system_cpu_time_seconds_total[1m])', 's/s'],
    ['rate(node_network_receive_bytes_total[1m])', 'bytes/s'],
    ['process_memory_usage_bytes', 'bytes'],
    ['sum(rate(a_total[1m])) / sum(rate(b_total[1m]))', 'ratio'],
    ['slo:error_ratio:rate1h', 'ratio'],
    ['job:p99_seconds:1m', 's'],
    ['up', ''],
    ['a / b', ''],
  ])('%s is %j', (expression, unit) => {
    expect(unitOf(expression)).toBe(unit);
  });
});
