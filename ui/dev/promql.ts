/**
 * A seeded stand-in for Prometheus's API, for the pane's own tests: no engine, but the shapes of every reply.
 * An expression is judged by a few of its words: `nothing` has no series, `many` has 200, `buckets` has `le`, `histogram` has
 * native histograms, and an unclosed parenthesis is refused with its place.
 */
import type { FixtureReply } from './fixture';
import { wander } from './noise';

const jobs = ['shop/web', 'shop/checkout', 'shop/inventory', 'shop/payment'];

export function promql(
  path: string,
  query: URLSearchParams,
  tenant: string,
  nowMs: number,
): FixtureReply {
  switch (path) {
    case '/api/v1/query':
    case '/api/v1/query_range':
      return answer(path.endsWith('range'), query, nowMs);
    case '/api/v1/rules':
      return tenant === 'norules' ? missing(path) : data({ groups: groups(tenant, nowMs) });
    case '/api/v1/label/__name__/values':
      return data(
        tenant === 'empty'
          ? []
          : ['http_server_request_duration_seconds', 'system_cpu_time_seconds_total', 'up'],
      );
    case '/api/v1/labels':
      return data(['__name__', 'job', 'instance']);
    case '/api/v1/metadata':
      return data({ up: [{ type: 'gauge', help: '1 while a target answers', unit: '' }] });
    case '/api/v1/series':
      return data([]);
    default:
      return path.startsWith('/api/v1/label/') ? data(jobs) : missing(path);
  }
}

function answer(isRange: boolean, query: URLSearchParams, nowMs: number): FixtureReply {
  const expression = query.get('query') ?? '';
  const open = expression.split('(').length - expression.split(')').length;
  if (open !== 0) {
    return refused(
      `invalid parameter "query": 1:${expression.length + (open > 0 ? 1 : 0)}: parse error: ${
        open > 0 ? 'unclosed left parenthesis' : 'unexpected right parenthesis'
      }`,
    );
  }
  const count = /nothing/.test(expression) ? 0 : /many/.test(expression) ? 200 : jobs.length;
  const isClassic = /buckets/.test(expression);
  const sets = Array.from({ length: count }, (_, i) => ({
    ...(isClassic
      ? { le: ['0.1', '0.5', '2', '+Inf'][i] ?? '' }
      : { job: jobs[i % jobs.length] ?? '' }),
    ...(count > jobs.length ? { instance: `pod-${i}` } : {}),
  }));
  const valueAt = (i: number, atMs: number) =>
    String(Number((10 * (i + 1) + 4 * wander(i * 17, atMs, 40_000)).toPrecision(9)));
  if (!isRange) {
    const at = Number(query.get('time') ?? nowMs / 1000);
    return data({
      resultType: 'vector',
      result: sets.map((metric, i) => ({ metric, value: [at, valueAt(i, at * 1000)] })),
    });
  }
  const start = Number(query.get('start'));
  const step = Number(query.get('step'));
  const columns = Math.floor((Number(query.get('end')) - start) / step) + 1;
  const times = Array.from({ length: columns }, (_, i) => start + i * step);
  return data({
    resultType: 'matrix',
    result: sets.map((metric, i) =>
      /\bhistogram\b/.test(expression)
        ? { metric, histograms: times.map((at) => [at, nativeAt(i, at * 1000)]) }
        : { metric, values: times.map((at) => [at, valueAt(i, at * 1000)]) },
    ),
  });
}

/** Forty buckets of a hump that wanders. */
function nativeAt(i: number, atMs: number) {
  const middle = 20 + 6 * wander(i * 17, atMs, 60_000);
  const bound = (bucket: number) => Number((0.001 * 2 ** (bucket / 4)).toPrecision(9));
  const buckets = Array.from({ length: 40 }, (_, bucket) => [
    0,
    String(bound(bucket)),
    String(bound(bucket + 1)),
    String(Math.round(1000 * Math.exp(-(((bucket - middle) / 3) ** 2))) / 100),
  ]).filter((bucket) => Number(bucket[3]) > 0);
  return { count: '3', sum: '0.2', buckets };
}

function groups(tenant: string, nowMs: number): unknown[] {
  if (tenant === 'empty') return [];
  const calm = tenant === 'calm';
  const expression =
    'histogram_quantile(0.99, sum by (job) (rate(http_server_request_duration_seconds[1m]))) > 0.5';
  const alert = (job: string, state: string, sinceMs: number, value: string) => ({
    labels: { alertname: 'Slow', job, severity: 'page' },
    annotations: { summary: `${job} answers one request in a hundred later than 500 ms` },
    state,
    activeAt: new Date(nowMs - sinceMs).toISOString(),
    value,
  });
  const base = { health: 'ok', evaluationTime: 0.002, labels: {}, annotations: {} };
  return [
    {
      name: 'shop',
      file: 'shop.yaml',
      interval: 15,
      evaluationTime: 0.0081,
      lastEvaluation: new Date(nowMs - 7_000).toISOString(),
      rules: [
        {
          ...base,
          type: 'alerting',
          name: 'Slow',
          query: expression,
          duration: 60,
          state: calm ? 'inactive' : 'firing',
          labels: { severity: 'page' },
          alerts: calm
            ? []
            : [
                alert('shop/checkout', 'firing', 340_000, '2.91'),
                alert('shop/web', 'pending', 22_000, '0.74'),
              ],
        },
        {
          ...base,
          type: 'alerting',
          name: 'Failing',
          query: 'sum by (job) (rate(http_server_request_errors_total[5m])) > 0.05',
          duration: 300,
          state: 'inactive',
          alerts: [],
        },
        {
          ...base,
          type: 'alerting',
          name: 'QueueGrows',
          query: 'up * on(job) group_left queue_length > 5',
          duration: 0,
          state: 'inactive',
          health: 'err',
          lastError: 'found duplicate series for the match group {job="shop/web"}',
          alerts: [],
        },
        { ...base, type: 'recording', name: 'job:p99:1m', query: expression.slice(0, -6) },
      ],
    },
  ];
}

function data(of: unknown): FixtureReply {
  return { status: 200, headers: {}, body: { status: 'success', data: of } };
}

function refused(error: string): FixtureReply {
  return { status: 400, headers: {}, body: { status: 'error', errorType: 'bad_data', error } };
}

function missing(path: string): FixtureReply {
  return {
    status: 404,
    headers: {},
    body: { status: 'error', errorType: 'not_found', error: `nothing is at ${path}` },
  };
}
