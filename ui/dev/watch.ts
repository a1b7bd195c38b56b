/**
 * Seeded alerts, their history, silences and objectives. Silences made and ended are remembered while the server
 * runs; tenant `lonely` has no Alertmanager, `empty` has no rules, `calm` has nothing that fires.
 */
import type { FixtureReply } from './fixture';

interface Silence {
  readonly id: string;
  readonly matchers: unknown;
  readonly startsMs: number;
  readonly endsMs: number;
  readonly createdBy: string;
  readonly comment: string;
}

const expression =
  'histogram_quantile(0.99, sum by (job) (rate(http_server_request_duration_seconds[1m]))) > 0.5';
const summary = (job: string) => `${job} answers one request in a hundred later than 500 ms`;

export class Watch {
  private silences: Silence[] = [];
  private made = 0;

  reply(
    method: string,
    path: string,
    query: URLSearchParams,
    body: unknown,
    tenant: string,
    nowMs: number,
  ): FixtureReply | null {
    if (tenant === 'norules' || tenant === 'down') return null;
    if (path === '/api/view/v1/alerts') return ok(this.alerts(tenant, nowMs));
    if (path === '/api/view/v1/alerts/history') return ok(history(query, tenant, nowMs));
    if (path === '/api/view/v1/slos') return ok({ slos: slos(tenant) });
    if (path === '/api/view/v1/silences' && method === 'POST') return this.make(body, nowMs);
    if (path === '/api/view/v1/silences') return ok(this.list(query, tenant, nowMs));
    if (path.startsWith('/api/view/v1/silences/') && method === 'DELETE') {
      const id = decodeURIComponent(path.slice('/api/view/v1/silences/'.length));
      this.silences = this.silences.map((each) =>
        each.id === id ? { ...each, endsMs: nowMs } : each,
      );
      return ok({ id });
    }
    return null;
  }

  private make(body: unknown, nowMs: number): FixtureReply {
    const of = body as Omit<Silence, 'id'>;
    if (of.comment.trim() === '') {
      return {
        status: 400,
        headers: {},
        body: { status: 'error', errorType: 'bad_data', error: 'Alertmanager: comment is missing' },
      };
    }
    const id = `5113-${++this.made}`;
    this.silences.push({ ...of, id, startsMs: of.startsMs ?? nowMs });
    return ok({ id });
  }

  private list(query: URLSearchParams, tenant: string, nowMs: number) {
    if (tenant === 'lonely' || tenant === 'empty') return { silences: [], alertmanagers: [] };
    const all = [
      ...this.silences,
      {
        id: 'a1b2',
        matchers: [{ name: 'job', value: 'shop/web', isRegex: false, isEqual: true }],
        startsMs: nowMs - 3_000_000,
        endsMs: nowMs + 4_200_000,
        createdBy: 'ann',
        comment: 'new version goes out',
      },
    ].map((each) => ({
      ...each,
      updatedMs: each.startsMs,
      state: each.endsMs <= nowMs ? 'expired' : 'active',
      alerts: ['web'],
    }));
    return {
      silences: all.filter((each) => query.get('expired') === 'true' || each.state !== 'expired'),
      alertmanagers: [{ url: 'http://alertmanager:9093', error: '' }],
    };
  }

  private alerts(tenant: string, nowMs: number) {
    const base = {
      rule: 'Slow',
      group: 'shop',
      file: 'shop.yaml',
      expression,
      forMs: 60_000,
      keepFiringForMs: 0,
      resolve: null,
      unknownSinceMs: null,
      unknownReason: '',
      keptFiringSinceMs: null,
      silencedBy: [],
    };
    const labels = (job: string) => ({ alertname: 'Slow', job, severity: 'page' });
    const quiet = tenant === 'empty' || tenant === 'calm';
    return {
      atMs: nowMs,
      silencesUnknown: '',
      alerts: quiet
        ? []
        : [
            {
              ...base,
              id: 'checkout',
              state: 'firing',
              labels: labels('shop/checkout'),
              annotations: { summary: summary('shop/checkout') },
              value: 2.91,
              activeMs: nowMs - 340_000,
              firedMs: nowMs - 280_000,
              deliveries: [
                {
                  kind: 'alertmanager',
                  url: 'http://alertmanager:9093',
                  state: 'delivered',
                  atMs: nowMs - 41_000,
                  attempts: 1,
                  error: '',
                },
                {
                  kind: 'webhook',
                  url: 'https://pager.example/hook',
                  state: 'failed',
                  atMs: nowMs - 3_000,
                  attempts: 7,
                  error: 'answered 502: Bad Gateway',
                },
              ],
            },
            {
              ...base,
              id: 'queue',
              rule: 'QueueGrows',
              expression: 'up * on(job) group_left queue_length > 5',
              state: 'firing',
              unknownSinceMs: nowMs - 95_000,
              unknownReason: 'found duplicate series for the match group {job="shop/web"}',
              labels: { alertname: 'QueueGrows', job: 'shop/inventory', severity: 'ticket' },
              annotations: { summary: 'the queue of shop/inventory grows' },
              value: 7,
              activeMs: nowMs - 1_340_000,
              firedMs: nowMs - 1_280_000,
              deliveries: [],
            },
            {
              ...base,
              id: 'web',
              state: 'pending',
              labels: labels('shop/web'),
              annotations: { summary: summary('shop/web') },
              value: 0.74,
              activeMs: nowMs - 22_000,
              firedMs: null,
              silencedBy: tenant === 'lonely' ? [] : ['a1b2'],
              deliveries: [],
            },
          ],
    };
  }
}

function history(query: URLSearchParams, tenant: string, nowMs: number) {
  const words = (query.get('q') ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  const jobs = ['shop/checkout', 'shop/web', 'shop/inventory'];
  const all =
    tenant === 'empty'
      ? []
      : Array.from({ length: 140 }, (_, i) => {
          const job = jobs[i % jobs.length] ?? '';
          const step = i % 4;
          return {
            atMs: nowMs - 280_000 - i * 1_900_000,
            from: ['pending', 'inactive', 'firing', 'firing'][step],
            to: ['firing', 'pending', 'inactive', 'unknown'][step],
            id: job,
            rule: 'Slow',
            group: 'shop',
            file: 'shop.yaml',
            labels: { alertname: 'Slow', job, severity: 'page' },
            annotations: { summary: summary(job) },
            value: step === 2 ? null : 0.5 + (i % 7) * 0.31,
            activeMs: nowMs - 340_000 - i * 1_900_000,
            reason: step === 3 ? 'evaluations were missed: the process was not running' : '',
          };
        }).filter((change) =>
          words.every((word) =>
            `${change.rule} ${change.labels.job} ${change.annotations.summary} ${change.reason}`
              .toLowerCase()
              .includes(word),
          ),
        );
  const first = Number(query.get('before') ?? 0);
  const limit = Number(query.get('limit') ?? 100);
  return {
    changes: all.slice(first, first + limit),
    next: first + limit < all.length ? String(first + limit) : null,
    count: all.length,
    oldestMs: all.at(-1)?.atMs ?? null,
    keptMs: 90 * 86_400_000,
    behind: 0,
  };
}

function slos(tenant: string): unknown[] {
  if (tenant !== 'default' && tenant !== 'lonely' && tenant !== 'partial') return [];
  const rates = (...of: (number | null)[]) =>
    Object.fromEntries(['5m', '30m', '1h', '2h', '6h', '1d', '3d'].map((key, i) => [key, of[i]]));
  const base = { file: 'slo.yml', windowMs: 28 * 86_400_000, description: '', state: 'measured' };
  return [
    {
      ...base,
      name: 'checkout-fast',
      displayName: 'Checkout is fast',
      service: 'shop/checkout',
      description: '99 of 100 requests within 300 ms, over 28 days.',
      target: 0.99,
      threshold: 0.3,
      errorRatio: 0.0042,
      budgetRemaining: 0.58,
      burnRates: rates(31, 24, 17.5, 11, 4.2, 1.3, 0.8),
      alert: 'page',
    },
    {
      ...base,
      name: 'web-available',
      displayName: 'The shop answers',
      service: 'shop/web',
      target: 0.995,
      threshold: null,
      errorRatio: 0.0061,
      budgetRemaining: -0.22,
      burnRates: rates(0, 0, 0.2, 0.4, 1.9, 2.2, 1.6),
      alert: 'ticket',
    },
    {
      ...base,
      name: 'inventory-fast',
      displayName: 'Inventory is fast',
      service: 'shop/inventory',
      target: 0.95,
      threshold: 0.05,
      errorRatio: 0.001,
      budgetRemaining: 0.98,
      burnRates: rates(0, 0.1, 0.1, 0, 0, 0.02, 0.02),
      alert: null,
    },
    {
      ...base,
      name: 'ledger-fast',
      displayName: 'Ledger is fast',
      service: 'ledger/api',
      target: 0.95,
      threshold: 0.1,
      state: 'not-measured',
      reason:
        'its rules have recorded nothing within the last minutes: no event was measured, or the rules fail (see /api/v1/rules)',
      errorRatio: null,
      budgetRemaining: null,
      burnRates: rates(null, null, null, null, null, null, null),
      alert: null,
    },
  ];
}

function ok(data: unknown): FixtureReply {
  return { status: 200, headers: {}, body: { status: 'success', data } };
}
