import { describe, expect, it } from 'vitest';
import type { Signal } from '../../api/model';
import { whyOf } from './why';

function signal(value: number, more: Partial<Extract<Signal, { kind: 'measured' }>> = {}): Signal {
  return {
    kind: 'measured',
    value,
    unit: '',
    lower: null,
    upper: null,
    limit: null,
    limitReason: null,
    resource: null,
    spark: [],
    ...more,
  };
}

function textsOf(signals: Record<string, Signal>): string[] {
  return whyOf({ signals, topSuspect: null }).map((why) => why.text.replaceAll('\u202f', ' '));
}

describe('why a service stands high', () => {
  it('is nothing where nothing is wrong', () => {
    const signals = {
      errors: signal(0.001),
      p99: signal(0.11, { spark: Array.from({ length: 20 }, () => 0.1) }),
      saturation: signal(0.4, { resource: 'cpu' }),
    };

    expect(textsOf(signals)).toEqual([]);
  });

  it('names failing requests, a slower p99 and a reached limit', () => {
    const signals = {
      errors: signal(0.25),
      p99: signal(0.62, { spark: [...Array.from({ length: 19 }, () => 0.1), null, 0.6] }),
      saturation: signal(0.97, { resource: 'cpu throttling' }),
    };

    expect(textsOf(signals)).toEqual([
      '25.0 % of requests fail',
      'p99 6.2× its usual',
      'cpu throttling at its limit',
    ]);
  });

  it('does not compare a p99 with a history of a few columns, nor one of some milliseconds', () => {
    expect(textsOf({ p99: signal(5, { spark: [0.1, 0.1, 5] }) })).toEqual([]);
    expect(
      textsOf({ p99: signal(0.004, { spark: Array.from({ length: 20 }, () => 0.001) }) }),
    ).toEqual([]);
  });

  it('is what the server suspects, where it suspects something', () => {
    const topSuspect = { text: 'cpu throttling is 90 %, was 0 %', symptom: 'p99' } as const;

    expect(whyOf({ signals: { errors: signal(0.5) }, topSuspect })).toEqual([
      { kind: 'wait', text: topSuspect.text },
    ]);
  });

  it('does not blame a service for its node', () => {
    expect(textsOf({ saturation: signal(0.99, { resource: 'node cpu' }) })).toEqual([]);
  });
});
