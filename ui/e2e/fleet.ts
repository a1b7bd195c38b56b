/**
 * A fleet of services written into a running server over OTLP/HTTP as JSON, some minutes of it at once: what the
 * pane shows of thousands is then read through the real API. Seeded: two runs send the same numbers.
 */
import { until } from './browser';

const batch = 500;
const stepMs = 15_000;
const steps = 5;
const scale = 3;
const unixNanos = (ms: number) => `${Math.round(ms)}000000`;

/** Writes `count` services of the last minute for the tenant. */
export async function writeFleet(base: string, tenant: string, count: number): Promise<void> {
  const nowMs = Math.floor(Date.now() / 1000) * 1000;
  for (let step = 0; step < steps; step++) {
    const atMs = nowMs - (steps - 1 - step) * stepMs;
    for (let first = 0; first < count; first += batch) {
      const resourceMetrics = Array.from({ length: Math.min(batch, count - first) }, (_, i) =>
        service(first + i, step + 1, atMs, nowMs - steps * stepMs),
      );
      await until('a batch of the fleet is taken', () =>
        send(base, tenant, JSON.stringify({ resourceMetrics })),
      );
    }
  }
}

/** False where the server asks to come again. */
async function send(base: string, tenant: string, body: string): Promise<boolean> {
  const response = await fetch(`${base}/v1/metrics`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Scope-OrgID': tenant },
    body,
  });
  if (response.ok) return true;
  if (response.status === 503 || response.status === 429) return false;
  throw new Error(`${response.status}: ${await response.text()}`);
}

function service(index: number, step: number, atMs: number, startMs: number): unknown {
  const name = `service-${String(index).padStart(4, '0')}`;
  const attribute = (key: string, value: string) => ({ key, value: { stringValue: value } });
  const times = { startTimeUnixNano: unixNanos(startMs), timeUnixNano: unixNanos(atMs) };
  const requests = (20 + ((index * 37) % 400)) * step;
  const failed = index % 50 === 0 ? Math.floor(requests / 30) : 0;
  const buckets = [1, 6, 14, 9, 4, 2, 1].map((share) => Math.ceil((requests * share) / 37));
  const point = (of: number, status: string, counts: readonly number[]) => ({
    ...times,
    attributes: [attribute('http.response.status_code', status)],
    count: String(of),
    sum: of * 0.02,
    scale,
    zeroCount: '0',
    positive: { offset: -60 + (index % 40), bucketCounts: counts.map(String) },
  });
  const total = buckets.reduce((sum, each) => sum + each, 0);
  return {
    resource: {
      attributes: [
        attribute('service.namespace', `team-${index % 40}`),
        attribute('service.name', name),
        attribute('service.instance.id', `${name}-1`),
      ],
    },
    scopeMetrics: [
      {
        metrics: [
          {
            name: 'http.server.request.duration',
            unit: 's',
            exponentialHistogram: {
              aggregationTemporality: 2,
              dataPoints: [
                point(total, '200', buckets),
                ...(failed > 0 ? [point(failed, '500', [failed])] : []),
              ],
            },
          },
          {
            name: 'process.cpu.time',
            unit: 's',
            sum: {
              aggregationTemporality: 2,
              isMonotonic: true,
              dataPoints: [{ ...times, asDouble: (step * (1 + (index % 17))) / 2 }],
            },
          },
          {
            name: 'process.memory.usage',
            unit: 'By',
            sum: {
              aggregationTemporality: 2,
              isMonotonic: false,
              dataPoints: [{ timeUnixNano: times.timeUnixNano, asInt: String(1e8 + index * 1e4) }],
            },
          },
        ],
      },
    ],
  };
}
