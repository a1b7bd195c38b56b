/**
 * A seeded stand-in for the view API: same shapes, same states, a pure function of the request and a clock.
 * It serves `npm run dev`, the unit tests and the browser tests; the tenant picks a situation:
 * `empty`, `partial`, `down`, `fleet` (5,000 services), `wall` (12 strips of 20 series), `broken`, `late` (a strip that is not
 * ready when a page is first asked for).
 * One file, because every reply is computed from the same few numbers, and pages that disagree would mislead.
 */
import { Joins } from './coverage';
import { hash, normalCdf, wander } from './noise';
import { promql } from './promql';
import { fleet, type Moment, momentOf, type Profile } from './services';
import { Watch } from './watch';

export interface FixtureReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

const delayMs = 2000;
const incidentAgeMs = 6 * 60_000 + 20_000;
const bucketRatio = 2 ** (1 / 4);
const firstBound = 0.0001;
const bucketCount = 76;
const bounds = Array.from({ length: bucketCount + 1 }, (_, i) => firstBound * bucketRatio ** i);

export class Fixture {
  private readonly incidentMs: number;
  private readonly watch = new Watch();
  private readonly joins = new Joins();
  private wholeAsked = 0;

  constructor(startMs: number) {
    this.incidentMs = startMs - incidentAgeMs;
  }

  reply(
    path: string,
    query: URLSearchParams,
    tenant: string,
    nowMs: number,
    method = 'GET',
    posted: unknown = null,
  ): FixtureReply {
    if (tenant === 'down') {
      return {
        status: 503,
        headers: { 'Retry-After': '2' },
        body: {
          status: 'error',
          errorType: 'unavailable',
          error: 'the embedded broker restarts; queries answer again in a moment',
        },
      };
    }
    const beside =
      this.watch.reply(method, path, query, posted, tenant, nowMs) ??
      this.joins.reply(method, path, query, tenant);
    if (beside !== null) return beside;
    if (path === '/api/view/v1/services')
      return ok(this.overview(query, tenant, nowMs), warningsFor(tenant));
    if (path.startsWith('/api/v1/')) return promql(path, query, tenant, nowMs);
    if (path === '/api/view/v1/map') return ok(this.map(query, tenant, nowMs), warningsFor(tenant));
    const match = /^\/api\/view\/v1\/(services|nodes)\/([^/]+)$/.exec(path);
    if (match === null) return notFound(`no such path: ${path}`);
    const id = decodeURIComponent(match[2] ?? '');
    const page =
      match[1] === 'nodes' ? this.node(id, query, nowMs) : this.service(id, query, tenant, nowMs);
    if (page !== null && tenant === 'late' && !query.has('since')) {
      this.wholeAsked++;
      if (this.wholeAsked % 2 === 1) return late(page);
    }
    return (
      page ??
      notFound(
        `no ${match[1] === 'nodes' ? 'node' : 'service'} ${id} has sent anything in the last 24 h`,
      )
    );
  }

  private overview(query: URLSearchParams, tenant: string, nowMs: number): unknown {
    const points = Number(query.get('points') ?? 60);
    const windowMs = Number(query.get('window') ?? 900) * 1000;
    const stepMs = Math.max(1000, Math.round(windowMs / points / 1000) * 1000);
    const endMs = Math.floor((nowMs - delayMs) / stepMs) * stepMs;
    const startMs = endMs - points * stepMs;
    const profiles =
      tenant === 'empty' ? [] : fleet(tenant === 'fleet' ? 5000 : tenant === 'small' ? 6 : 48);
    const cluster = query.get('cluster');
    const where = tenant === 'empty' ? {} : { clusters: ['east', 'west'], sites: ['north'] };
    const inColumns = query.get('layout') === 'columns';
    const first = Number(query.get('first') ?? 0);
    const count = Number(query.get('count') ?? Number.POSITIVE_INFINITY);
    // The order needs the last moment alone; sparks are dear, and of thousands few are looked at.
    const services = profiles
      .filter((of) => cluster === null || clusterOf(of.namespace) === cluster)
      .map((of) => ({ of, row: this.summary(of, startMs, endMs, stepMs, 0) }))
      .sort((a, b) => b.row.worst - a.row.worst)
      .map(({ of, row }, i) =>
        !inColumns || (i >= first && i < first + count)
          ? this.summary(of, startMs, endMs, stepMs, points)
          : row,
      )
      .map(({ worst: _, ...rest }) => rest);
    const nodes =
      tenant === 'empty'
        ? []
        : Array.from({ length: 4 }, (_, i) => this.nodeSummary(i, endMs, stepMs, points));
    const head = { atMs: nowMs, startMs, stepMs, points, ...where };
    if (!inColumns) return { ...head, services, nodes };
    const texts = [''];
    return {
      ...head,
      layout: 'columns',
      services: byColumns(services, texts, first, count),
      nodes: byColumns(nodes, texts, first, count),
      texts,
    };
  }

  private summary(of: Profile, startMs: number, endMs: number, stepMs: number, points: number) {
    const at = Array.from({ length: points }, (_, i) =>
      momentOf(of, startMs + i * stepMs, this.incidentMs),
    );
    const last = momentOf(of, endMs, this.incidentMs);
    const p50 = quantileOf(last, 0.5);
    const p99 = quantileOf(last, 0.99);
    const noAgent = notMeasured(
      `no agent reports on the host of ${of.name}; start one there: throughline agent node`,
    );
    const ratioCpu = last.cpuLimit === null ? 0 : last.cpu / last.cpuLimit;
    const ratioMemory = of.memoryLimit === null ? 0 : last.memory / of.memoryLimit;
    const own = quantileOf(momentOf(of, endMs - 3_600_000, this.incidentMs), 0.99);
    return {
      worst:
        last.errors * 40 + Math.min(6, p99.value / own.value) + Math.max(ratioCpu, ratioMemory),
      id: of.id,
      name: of.name,
      namespace: of.namespace,
      kind: 'service',
      instanceCount: of.instances,
      lastSeenMs: endMs,
      signals: {
        rate: measured(last.rate, '1/s', { spark: at.map((m) => round(m.rate)) }),
        errors: measured(last.errors, 'ratio', { spark: at.map((m) => round(m.errors)) }),
        p50: measured(p50.value, 's', {
          lower: p50.lower,
          upper: p50.upper,
          spark: at.map((m) => round(quantileOf(m, 0.5).value)),
        }),
        p99: measured(p99.value, 's', {
          lower: p99.lower,
          upper: p99.upper,
          spark: at.map((m) => round(quantileOf(m, 0.99).value)),
        }),
        cpu: of.bare
          ? noAgent
          : measured(last.cpu, 'cores', {
              limit: last.cpuLimit,
              spark: at.map((m) => round(m.cpu)),
            }),
        memory: of.bare
          ? noAgent
          : measured(last.memory, 'bytes', {
              limit: of.memoryLimit,
              spark: at.map((m) => Math.round(m.memory)),
            }),
        saturation: of.bare
          ? noAgent
          : last.cpuLimit === null && of.memoryLimit === null
            ? notMeasured('neither a CPU nor a memory limit is set')
            : measured(Math.max(ratioCpu, ratioMemory), 'ratio', {
                resource: ratioCpu >= ratioMemory ? 'cpu' : 'memory',
              }),
      },
      lastChange:
        of.id === 'shop/checkout'
          ? { atMs: this.incidentMs, text: 'CPU limit 2 → 0.5 cores' }
          : null,
      topSuspect:
        of.id === 'shop/checkout'
          ? {
              text: 'cpu throttling is 41 %, was 0 %; p99 is 449 ms, was 57 ms',
              kind: 'resource',
              symptom: 'p99',
            }
          : null,
    };
  }

  private nodeSummary(index: number, endMs: number, stepMs: number, points: number) {
    const series = (seed: number, low: number, high: number) => (at: number) =>
      low + (high - low) * (0.5 + 0.5 * wander(seed + index * 31, at, 90_000));
    const cpu = series(1, 0.8, 3.6);
    const memory = series(2, 5.2e9, 6.9e9);
    const disk = series(3, 0.02, 0.4);
    const network = series(4, 2e6, 9e6);
    const spark = (of: (at: number) => number) =>
      Array.from({ length: points }, (_, i) => round(of(endMs - (points - i) * stepMs)));
    return {
      id: `node-${index + 1}`,
      name: `node-${index + 1}`,
      kind: 'node',
      instanceCount: 1,
      lastSeenMs: endMs,
      signals: {
        cpu: measured(cpu(endMs), 'cores', { limit: 4, spark: spark(cpu) }),
        memory: measured(memory(endMs), 'bytes', { limit: 8.2e9, spark: spark(memory) }),
        disk:
          index === 2
            ? notMeasured('/proc/diskstats is not readable: permission denied')
            : measured(disk(endMs), 'ratio', { spark: spark(disk) }),
        network: measured(network(endMs), 'bytes/s', { spark: spark(network) }),
        saturation: measured(Math.max(cpu(endMs) / 4, memory(endMs) / 8.2e9), 'ratio', {
          resource: cpu(endMs) / 4 > memory(endMs) / 8.2e9 ? 'cpu' : 'memory',
        }),
      },
    };
  }

  private grid(query: URLSearchParams, nowMs: number) {
    const points = Math.max(10, Number(query.get('points') ?? 300));
    const live = query.get('start') === null;
    const windowMs = live
      ? Number(query.get('window') ?? 900) * 1000
      : Number(query.get('end')) - Number(query.get('start'));
    const stepMs = Math.max(1, Math.ceil(windowMs / points / 1000)) * 1000;
    const rightEdgeMs = Math.floor((nowMs - delayMs) / 1000) * 1000;
    const endMs = live ? rightEdgeMs : Number(query.get('end'));
    const startMs = endMs - windowMs;
    const since = query.get('since');
    const first =
      Math.floor((since === null ? startMs : Math.max(startMs, Number(since))) / stepMs) * stepMs;
    const until = Math.min(endMs, rightEdgeMs);
    const count = Math.max(0, Math.ceil((until - first) / stepMs));
    return { startMs, endMs, stepMs, rightEdgeMs, first, count };
  }

  private service(
    id: string,
    query: URLSearchParams,
    tenant: string,
    nowMs: number,
  ): FixtureReply | null {
    const grid = this.grid(query, nowMs);
    if (tenant === 'wall') return ok(wall(id, grid), []);
    const of = fleet(48).find((each) => each.id === id);
    if (of === undefined) return null;
    const instance = query.get('instance');
    const share = instance === null ? 1 : 1 / of.instances;
    const moments: Moment[] = [];
    const times: number[] = [];
    for (let i = 0; i < grid.count; i++) {
      times.push(grid.first + i * grid.stepMs);
      moments.push(momentOf(of, grid.first + i * grid.stepMs, this.incidentMs));
    }
    const at = (pick: (m: Moment) => number) => moments.map((m) => round(pick(m)));
    const p50 = moments.map((m) => quantileOf(m, 0.5));
    const p99 = moments.map((m) => quantileOf(m, 0.99));
    const base = { startMs: grid.first, stepMs: grid.stepMs };
    const lines = (stripId: string, title: string, unit: string, series: unknown[]) => ({
      id: stripId,
      title,
      unit,
      kind: 'lines',
      state: 'measured',
      ...base,
      series,
    });
    const missing = (stripId: string, title: string, unit: string, reason: string) => ({
      id: stripId,
      title,
      unit,
      kind: 'lines',
      state: 'not-measured',
      reason,
      ...base,
      series: [],
    });
    const noAgent = `no agent reports on the host of ${of.name}: its service.instance.id names host “erp-01”, and no node agent calls itself that. Start one there: throughline agent node`;
    const limitCpu = moments.map((m) => m.cpuLimit);
    const data = {
      id: of.id,
      name: of.name,
      namespace: of.namespace,
      kind: 'service',
      startMs: grid.startMs,
      endMs: grid.endMs,
      stepMs: grid.stepMs,
      rightEdgeMs: grid.rightEdgeMs,
      instances: Array.from({ length: of.instances }, (_, i) => ({
        id: `${of.name}-${(of.seed + i * 7919).toString(16).slice(-5)}`,
        host: `node-${((of.node + i) % 4) + 1}`,
        container: `c0ffee${(of.seed + i).toString(16)}`,
        lastSeenMs: grid.rightEdgeMs,
      })),
      callers: this.callersOf(of, nowMs),
      callees: of.calls.map((callee) => ({ id: callee, ...this.edge(callee, nowMs) })),
      nodes: of.bare
        ? []
        : Array.from({ length: Math.min(4, of.instances) }, (_, i) => ({
            id: `node-${((of.node + i) % 4) + 1}`,
            name: `node-${((of.node + i) % 4) + 1}`,
          })),
      clusters: [clusterOf(of.namespace)],
      sites: ['north'],
      skewMs: tenant === 'partial' ? 3400 : 3,
      changes:
        of.id === 'shop/checkout' || of.id === 'shop/web'
          ? [{ atMs: this.incidentMs, text: 'checkout: CPU limit 2 → 0.5 cores' }]
          : [],
      strips: [
        {
          id: 'latency',
          title: 'Latency',
          unit: 's',
          kind: 'heatmap',
          state: 'measured',
          ...base,
          heatmap: {
            bounds,
            columns: moments.map((m, i) =>
              cellsOf(m, (times[i] ?? 0) + of.seed, (grid.stepMs / 1000) * share),
            ),
          },
          series: [
            {
              name: 'p50',
              role: 'quantile',
              values: p50.map((q) => q.value),
              lower: p50.map((q) => q.lower),
              upper: p50.map((q) => q.upper),
            },
            {
              name: 'p99',
              role: 'quantile',
              values: p99.map((q) => q.value),
              lower: p99.map((q) => q.lower),
              upper: p99.map((q) => q.upper),
            },
          ],
        },
        lines('requests', 'Requests and errors', '1/s', [
          { name: '2xx', role: 'ok', values: at((m) => m.rate * (1 - m.errors) * share) },
          { name: '5xx', role: 'error', values: at((m) => m.rate * m.errors * share) },
        ]),
        lines('inflight', 'In flight and queued', 'requests', [
          { name: 'in flight', role: 'usage', values: at((m) => m.inFlight * share) },
          { name: 'queued', role: 'wait', values: at((m) => m.queued * share) },
        ]),
        of.bare
          ? missing('cpu', 'CPU', 'cores', noAgent)
          : lines('cpu', 'CPU', 'cores', [
              { name: 'used', role: 'usage', min: at((m) => m.cpu * 0.93), max: at((m) => m.cpu) },
              { name: 'limit', role: 'limit', values: limitCpu },
              { name: 'throttled', role: 'wait', values: at((m) => m.throttled) },
              { name: 'run queue', role: 'wait', values: at((m) => m.runQueue) },
            ]),
        of.bare
          ? missing('memory', 'Memory', 'bytes', noAgent)
          : lines('memory', 'Memory', 'bytes', [
              {
                name: 'working set',
                role: 'usage',
                values: moments.map((m) => Math.round(m.memory)),
              },
              ...(of.memoryLimit === null
                ? []
                : [{ name: 'limit', role: 'limit', values: moments.map(() => of.memoryLimit) }]),
            ]),
        of.bare
          ? missing('disk', 'Disk', 'bytes/s', noAgent)
          : lines('disk', 'Disk', 'bytes/s', [
              { name: 'read', role: 'usage', values: at((m) => m.diskRead) },
              { name: 'written', role: 'usage', values: at((m) => m.diskWrite) },
            ]),
        of.bare
          ? missing('network', 'Network', 'bytes/s', noAgent)
          : lines('network', 'Network', 'bytes/s', [
              { name: 'received', role: 'usage', values: at((m) => m.received) },
              { name: 'sent', role: 'usage', values: at((m) => m.sent) },
            ]),
        of.bare
          ? missing('pressure', 'Pressure', 'ratio', noAgent)
          : lines('pressure', 'Pressure', 'ratio', [
              { name: 'cpu some', role: 'wait', values: at((m) => m.pressureCpu) },
              { name: 'io some', role: 'wait', values: at((m) => m.pressureIo) },
              { name: 'memory some', role: 'wait', values: at((m) => m.pressureMemory) },
            ]),
        missing(
          'runtime',
          'Runtime',
          's/s',
          'the service sends no runtime metrics (jvm.*, go.*, nodejs.*); an OpenTelemetry SDK or the Java agent in the process would add garbage collection and pool waits here',
        ),
      ],
    };
    return ok(data, warningsFor(tenant));
  }

  private map(query: URLSearchParams, tenant: string, nowMs: number): unknown {
    const focus = query.get('service');
    const all = tenant === 'empty' ? [] : fleet(6);
    const shown = all.filter(
      (of) =>
        focus === null ||
        of.id === focus ||
        of.calls.includes(focus) ||
        all.find((each) => each.id === focus)?.calls.includes(of.id),
    );
    const layerOf = (id: string): number =>
      Math.max(-1, ...all.filter((of) => of.calls.includes(id)).map((of) => layerOf(of.id))) + 1;
    const ids = new Set(shown.map((of) => of.id));
    const base = focus === null ? 0 : layerOf(focus);
    const item = (of: Profile) => ({
      id: of.id,
      name: of.name,
      kind: 'service',
      layer: layerOf(of.id) - base,
      outside: false,
      signals: this.summary(of, nowMs - 1000, nowMs, 1000, 1).signals,
    });
    return {
      atMs: nowMs,
      focus,
      items: shown.map(item),
      edges: shown.flatMap((of) =>
        of.calls
          .filter((callee) => ids.has(callee))
          .map((callee) => ({
            from: of.id,
            to: callee,
            kind: 'calls',
            ...this.edge(callee, nowMs),
            p99: 0.12,
          })),
      ),
      folded: [],
    };
  }

  private callersOf(of: Profile, nowMs: number) {
    return fleet(6)
      .filter((each) => each.calls.includes(of.id))
      .map((each) => ({ id: each.id, ...this.edge(of.id, nowMs) }));
  }

  private edge(callee: string, nowMs: number) {
    const of = fleet(6).find((each) => each.id === callee);
    if (of === undefined) return { rate: null, errors: null };
    const m = momentOf(of, nowMs - delayMs, this.incidentMs);
    return { rate: round(m.rate * 0.9), errors: round(m.errors) };
  }

  private node(id: string, query: URLSearchParams, nowMs: number): FixtureReply | null {
    const index = Number(/^node-([1-4])$/.exec(id)?.[1] ?? 0) - 1;
    if (index < 0) return null;
    const grid = this.grid(query, nowMs);
    const times = Array.from({ length: grid.count }, (_, i) => grid.first + i * grid.stepMs);
    const line = (seed: number, low: number, high: number, periodMs = 60_000) =>
      times.map((at) =>
        round(
          low +
            (high - low) *
              (0.5 +
                0.45 * wander(seed + index * 31, at, periodMs) +
                0.05 * wander(seed + 99, at, 3000)),
        ),
      );
    const lines = (stripId: string, title: string, unit: string, series: unknown[]) => ({
      id: stripId,
      title,
      unit,
      kind: 'lines',
      state: 'measured',
      startMs: grid.first,
      stepMs: grid.stepMs,
      series,
    });
    return ok(
      {
        id,
        name: id,
        namespace: '',
        kind: 'node',
        startMs: grid.startMs,
        endMs: grid.endMs,
        stepMs: grid.stepMs,
        rightEdgeMs: grid.rightEdgeMs,
        skewMs: 1,
        changes: [],
        services: fleet(48)
          .filter((each) => each.node % 4 === index && !each.bare)
          .map((each) => ({ id: each.id, name: each.name, ...this.edge(each.id, nowMs) })),
        strips: [
          lines('cpu', 'CPU', 'cores', [
            { name: 'user', role: 'usage', values: line(1, 0.6, 2.6) },
            { name: 'system', role: 'usage', values: line(2, 0.2, 0.8) },
            { name: 'logical CPUs', role: 'limit', values: times.map(() => 4) },
            { name: 'run queue', role: 'wait', values: line(3, 0, 0.9, 20_000) },
          ]),
          lines('memory', 'Memory', 'bytes', [
            { name: 'used', role: 'usage', values: line(4, 5.2e9, 6.9e9, 240_000) },
            { name: 'total', role: 'limit', values: times.map(() => 8.2e9) },
          ]),
          index === 2
            ? {
                id: 'disk',
                title: 'Disk',
                unit: 'ratio',
                kind: 'lines',
                state: 'not-measured',
                reason: '/proc/diskstats is not readable: permission denied',
                startMs: grid.first,
                stepMs: grid.stepMs,
                series: [],
              }
            : lines('disk', 'Disk', 'ratio', [
                { name: 'vda busy', role: 'usage', values: line(5, 0.01, 0.4, 15_000) },
              ]),
          lines('filesystem', 'File systems', 'bytes', [
            { name: '/ used', role: 'usage', values: line(6, 41e9, 42e9, 900_000) },
            { name: '/ size', role: 'limit', values: times.map(() => 64e9) },
          ]),
          lines('network', 'Network', 'bytes/s', [
            { name: 'eth0 received', role: 'usage', values: line(7, 1e6, 4e6, 20_000) },
            { name: 'eth0 sent', role: 'usage', values: line(8, 2e6, 9e6, 20_000) },
          ]),
          lines('pressure', 'Pressure', 'ratio', [
            { name: 'cpu some', role: 'wait', values: line(9, 0, 0.24, 30_000) },
            { name: 'io some', role: 'wait', values: line(10, 0, 0.05, 30_000) },
            { name: 'memory some', role: 'wait', values: times.map(() => 0) },
          ]),
        ],
      },
      [],
    );
  }
}

interface Row {
  readonly id: string;
  readonly name: string;
  readonly namespace?: string;
  readonly instanceCount: number;
  readonly lastSeenMs: number;
  readonly lastChange?: unknown;
  readonly topSuspect?: unknown;
  readonly signals: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** The same rows in the layout of columns; `texts` takes the words that repeat. */
function byColumns(rows: readonly Row[], texts: string[], first: number, count: number): unknown {
  const place = (word: unknown) => {
    const of = typeof word === 'string' ? word : '';
    const at = texts.indexOf(of);
    return at >= 0 ? at : texts.push(of) - 1;
  };
  const names = [...new Set(rows.flatMap((row) => Object.keys(row.signals)))];
  const signals = names.map((name) => {
    const cells = rows.map((row) => row.signals[name] ?? {});
    const numbers = (key: string) => cells.map((cell) => cell[key] ?? null);
    return [
      name,
      {
        unit: cells.find((cell) => cell['unit'] !== undefined)?.['unit'] ?? '',
        value: numbers('value'),
        reason: cells.map((cell) => place(cell['reason'])),
        lower: numbers('lower'),
        upper: numbers('upper'),
        limit: numbers('limit'),
        limitReason: cells.map((cell) => place(cell['limitReason'])),
        resource: cells.map((cell) => place(cell['resource'])),
        sparkFirst: first,
        spark: cells.slice(first, first + count).map((cell) => cell['spark'] ?? []),
      },
    ] as const;
  });
  return {
    id: rows.map((row) => row.id),
    name: rows.map((row) => row.name),
    namespace: rows.map((row) => row.namespace ?? ''),
    instanceCount: rows.map((row) => row.instanceCount),
    lastSeenMs: rows.map((row) => row.lastSeenMs),
    lastChange: rows.map((row) => row.lastChange ?? null),
    topSuspect: rows.map((row) => row.topSuspect ?? null),
    signals: Object.fromEntries(signals),
  };
}

function clusterOf(namespace: string): string {
  return namespace < 'm' ? 'east' : 'west';
}

function warningsFor(tenant: string): string[] {
  return tenant === 'partial'
    ? [
        'partition 3 answers 41 s behind: its node is restarting',
        'clock of node-2 differs by 3.4 s',
      ]
    : [];
}

/** The same page with its CPU strip not ready. */
function late(page: FixtureReply): FixtureReply {
  const body = page.body as { data: { strips: { id: string; state: string }[] } };
  const strips = body.data.strips.map((strip) =>
    strip.id === 'cpu'
      ? { ...strip, state: 'pending', reason: 'not ready within 400 ms; ask again', series: [] }
      : strip,
  );
  return { ...page, body: { ...body, data: { ...body.data, strips } } };
}

function ok(data: unknown, warnings: string[]): FixtureReply {
  return { status: 200, headers: {}, body: { status: 'success', data, warnings } };
}

function notFound(error: string): FixtureReply {
  return { status: 404, headers: {}, body: { status: 'error', errorType: 'not_found', error } };
}

function notMeasured(reason: string) {
  return { state: 'not-measured', reason };
}

function measured(value: number, unit: string, rest: Record<string, unknown>) {
  return { state: 'measured', value: round(value), unit, spark: [], ...rest };
}

function round(value: number): number {
  return Number(value.toPrecision(5));
}

const z = new Map([
  [0.5, 0],
  [0.99, 2.3263],
]);

function quantileOf(m: Moment, q: number): { value: number; lower: number; upper: number } {
  const value = m.median * Math.exp((z.get(q) ?? 0) * m.sigma);
  const bucket = Math.floor(Math.log(value / firstBound) / Math.log(bucketRatio));
  return {
    value: round(value),
    lower: round(firstBound * bucketRatio ** bucket),
    upper: round(firstBound * bucketRatio ** (bucket + 1)),
  };
}

/** `bucket, count` pairs of a column: the log-normal's share of each bucket, rounded by a seeded coin. */
function cellsOf(m: Moment, seed: number, seconds: number): number[] {
  const cells: number[] = [];
  const total = m.rate * seconds;
  let below = normalCdf(Math.log(firstBound / m.median) / m.sigma);
  for (let i = 0; i < bucketCount; i++) {
    const upTo = normalCdf(Math.log((bounds[i + 1] ?? 0) / m.median) / m.sigma);
    const expected = total * (upTo - below);
    below = upTo;
    const count = Math.floor(expected + hash(seed | 0, i * 7 + 3));
    if (count > 0) cells.push(i, count);
  }
  return cells;
}

function wall(
  id: string,
  grid: {
    startMs: number;
    endMs: number;
    stepMs: number;
    rightEdgeMs: number;
    first: number;
    count: number;
  },
) {
  const strips = Array.from({ length: 12 }, (_, strip) => ({
    id: `strip-${strip}`,
    title: `Strip ${strip + 1}`,
    unit: 'cores',
    kind: 'lines',
    state: 'measured',
    startMs: grid.first,
    stepMs: grid.stepMs,
    series: Array.from({ length: 20 }, (_, series) => ({
      name: `series ${series + 1}`,
      role: 'usage',
      values: Array.from({ length: grid.count }, (_, i) =>
        round(
          series +
            0.5 +
            0.5 * wander(strip * 100 + series, grid.first + i * grid.stepMs, grid.stepMs * 20),
        ),
      ),
    })),
  }));
  return {
    id,
    name: id,
    namespace: '',
    kind: 'service',
    startMs: grid.startMs,
    endMs: grid.endMs,
    stepMs: grid.stepMs,
    rightEdgeMs: grid.rightEdgeMs,
    strips,
  };
}
