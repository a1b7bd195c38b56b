/** Expressions to begin with: only those whose series this server has. */
export interface Example {
  readonly what: string;
  readonly needs: string;
  readonly expression: string;
  readonly drawn?: 'heatmap';
}

const all: readonly Example[] = [
  {
    what: 'Requests per second of each service',
    needs: 'http_server_request_duration_seconds',
    expression: 'sum by (job) (histogram_count(rate(http_server_request_duration_seconds[1m])))',
  },
  {
    what: 'p99 latency of each service',
    needs: 'http_server_request_duration_seconds',
    expression:
      'histogram_quantile(0.99, sum by (job) (rate(http_server_request_duration_seconds[1m])))',
  },
  {
    what: 'Latency of all requests, as a heatmap',
    needs: 'http_server_request_duration_seconds',
    expression: 'sum(rate(http_server_request_duration_seconds[1m]))',
    drawn: 'heatmap',
  },
  {
    what: 'Where the CPUs of this machine are',
    needs: 'system_cpu_time_seconds_total',
    expression: 'sum by (cpu_mode) (rate(system_cpu_time_seconds_total[1m]))',
  },
  {
    what: 'Seconds throttled by a CPU limit, per second',
    needs: 'throughline_container_cpu_throttled_time_seconds_total',
    expression:
      'sum by (container_id) (rate(throughline_container_cpu_throttled_time_seconds_total[1m]))',
  },
  {
    what: 'Tasks waiting for CPU, memory or disk (pressure)',
    needs: 'throughline_system_pressure_time_seconds_total',
    expression: 'rate(throughline_system_pressure_time_seconds_total[1m])',
  },
  {
    what: 'CPU of each node, by node_exporter',
    needs: 'node_cpu_seconds_total',
    expression: 'sum by (instance) (rate(node_cpu_seconds_total{mode!="idle"}[1m]))',
  },
  { what: 'Which targets are up', needs: 'up', expression: 'up' },
];

export function examplesFor(names: readonly string[]): Example[] {
  const known = new Set(names);
  return all.filter((example) => known.has(example.needs));
}
