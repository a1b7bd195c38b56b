import { describe, expect, it } from 'vitest';
import { parseRules } from './rules';

describe('rules', () => {
  it('are read in the shape Prometheus gives them', () => {
    const groups = parseRules({
      groups: [
        {
          name: 'shop',
          file: 'rules.yaml',
          interval: 15,
          rules: [
            {
              type: 'alerting',
              state: 'firing',
              name: 'Slow',
              query: 'p99 > 1',
              duration: 60,
              labels: { severity: 'page' },
              annotations: { summary: 'slow' },
              health: 'ok',
              evaluationTime: 0.001,
              alerts: [
                {
                  labels: { alertname: 'Slow', job: 'shop/checkout' },
                  annotations: {},
                  state: 'firing',
                  activeAt: '2026-01-01T00:00:00.5Z',
                  value: '1.5e+00',
                },
              ],
            },
            {
              type: 'recording',
              name: 'p99',
              query: 'x',
              health: 'err',
              lastError: 'many-to-many',
            },
          ],
        },
      ],
    });

    const [slow, recorded] = groups[0]?.rules ?? [];
    expect(slow).toMatchObject({ kind: 'alerting', state: 'firing', forSeconds: 60, error: null });
    expect(slow?.kind === 'alerting' ? slow.alerts[0] : null).toMatchObject({
      activeAtMs: Date.UTC(2026, 0, 1, 0, 0, 0, 500),
      value: '1.5e+00',
    });
    expect(recorded).toMatchObject({ kind: 'recording', error: 'many-to-many', evaluated: true });
  });

  it('may be none', () => {
    expect(parseRules({ groups: [] })).toEqual([]);
  });

  it('of a kind this pane does not know are refused with their place', () => {
    const unknown = { groups: [{ name: 'a', rules: [{ type: 'x', name: 'b', query: 'c' }] }] };

    expect(() => parseRules(unknown)).toThrow('data.groups[0].rules[0].type');
  });
});
