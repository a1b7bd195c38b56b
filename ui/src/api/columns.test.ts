import { describe, expect, it } from 'vitest';
import { Fixture } from '../../dev/fixture';
import type { EntitySummary } from './model';
import { parseOverview } from './parse';

function overview(query: string) {
  const fixture = new Fixture(1_700_000_000_000);
  const reply = fixture.reply(
    '/api/view/v1/services',
    new URLSearchParams(query),
    'default',
    1_700_000_100_000,
  );
  return parseOverview((reply.body as { data: unknown }).data);
}

/** What both layouts hold, as plain values. */
function plain(row: EntitySummary) {
  const { id, name, namespace, instanceCount, lastSeenMs, signals, lastChange, topSuspect } = row;
  return { id, name, namespace, instanceCount, lastSeenMs, signals, lastChange, topSuspect };
}

describe('an overview by columns', () => {
  it('says the same as one by rows', () => {
    const byRows = overview('points=10');
    const byColumns = overview('points=10&layout=columns');

    expect(byColumns.services.map(plain)).toEqual(byRows.services.map(plain));
    expect(byColumns.nodes.map(plain)).toEqual(byRows.nodes.map(plain));
  });

  it('brings the sparks of the rows asked for, and values of all', () => {
    const { services } = overview('points=10&layout=columns&first=2&count=3');
    const sparks = services.map((row) => {
      const rate = row.signals['rate'];
      return rate?.kind === 'measured' ? rate.spark.length : -1;
    });

    expect(sparks.slice(0, 7)).toEqual([0, 0, 10, 10, 10, 0, 0]);
  });

  it('is refused where a column is short', () => {
    const data = { atMs: 1, layout: 'columns', texts: [''] };
    const signals = { rate: { unit: '1/s', value: [1], reason: [0] } };

    expect(() => parseOverview({ ...data, services: { id: ['a', 'b'], signals } })).toThrow(
      'data.services.signals.rate.value: wanted 2 values, got 1',
    );
  });
});
