/** Seeded coverage and joins: `shop/inventory` stands alone until the mapping that is proposed is applied. */
import type { FixtureReply } from './fixture';

const full = [
  'latency: quantiles',
  'requests: rate and errors',
  'inflight: in flight',
  'cpu: used',
  'cpu: throttled',
  'memory: working set',
  'disk: read',
  'network: receive',
];
const proposal = {
  when: 'job="shop/inventory"',
  is: 'pod',
  id: '{kubernetes_ns}/{kubernetes_pod_name}',
  yaml: '- when: job="shop/inventory"\n  is: pod\n  id: "{kubernetes_ns}/{kubernetes_pod_name}"',
};

export class Joins {
  private applied = false;

  reply(method: string, path: string, query: URLSearchParams, tenant: string): FixtureReply | null {
    if (path === '/api/view/v1/coverage') return ok(this.coverage(tenant));
    if (path === '/api/view/v1/calls') return ok(this.calls(query.get('service'), tenant));
    if (path === '/api/view/v1/matchers') return ok(matchers(query.get('query') ?? ''));
    if (path !== '/api/view/v1/joins') return null;
    if (method === 'POST') {
      this.applied = true;
      return ok({ rules: [proposal] });
    }
    const node = query.get('node');
    if (node !== null) {
      return ok({
        node,
        names: [node, '10.0.0.5'],
        sources: ['throughline'],
        services: 13,
        missing: [
          {
            signal: 'system.disk.io',
            unlocks: 'disk: read',
            services: 0,
            metrics: ['system_disk_io_bytes_total (throughline)'],
          },
        ],
      });
    }
    const service = query.get('service');
    return ok(service === null ? { rules: this.rules() } : this.diagnosis(service));
  }

  private calls(service: string | null, tenant: string) {
    const none = tenant === 'empty';
    const alias = {
      when: 'job="legacy-erp"',
      is: 'alias',
      id: 'erp-gateway',
      yaml: '- when: job="legacy-erp"\n  is: alias\n  id: erp-gateway',
    };
    return {
      service: service ?? '',
      edges: none || service === 'legacy-erp' ? 0 : 6,
      key: none
        ? 'http_client_request_duration_seconds (12 series) names nobody on the other side: want {server_address}'
        : service === 'legacy-erp'
          ? 'no call names legacy-erp, on either side, of the 6 that are known'
          : '',
      sources: none ? {} : { istio: 18, opentelemetry: 4 },
      names: service === null ? [] : [service],
      strangers: none ? [] : [{ name: 'erp-gateway', calls: 2 }],
      proposals:
        service === 'legacy-erp'
          ? [
              {
                ...alias,
                why: 'calls name erp-gateway, which differs from legacy-erp by namespace or spelling alone',
                certainty: 'spelling',
                instances: 2,
              },
            ]
          : [],
      missing: ['throughline_edge_requests_total (throughline)', 'istio_requests_total (istio)'],
    };
  }

  private rules() {
    return this.applied ? [proposal] : [];
  }

  private coverage(tenant: string) {
    if (tenant === 'empty') {
      return {
        summary: { services: 0, joined: 0, partial: 0, alone: 0, nodes: 0, containers: 0 },
        sources: {},
        services: [],
        missing: [],
        unused: [],
      };
    }
    const service = (id: string, join: string, lacks: string[], sources: string[]) => ({
      id,
      join,
      instances: 2,
      containers: join === 'joined' ? 2 : 0,
      processes: join === 'joined' ? 2 : 0,
      pods: 0,
      nodes: join === 'alone' ? 0 : 1,
      sources,
      has: full.filter((each) => !lacks.includes(each)),
      lacks,
    });
    const hardware = ['cpu: used', 'cpu: throttled', 'memory: working set', 'disk: read'];
    return {
      summary: {
        services: 5,
        joined: this.applied ? 4 : 3,
        partial: 1,
        alone: this.applied ? 0 : 1,
        nodes: 4,
        containers: 9,
        containersOfNoService: this.applied ? 0 : 2,
      },
      sources: { opentelemetry: 4, throughline: 3, micrometer: 1, 'node-exporter': 0 },
      services: [
        service('shop/inventory', this.applied ? 'joined' : 'alone', this.applied ? [] : hardware, [
          'micrometer',
        ]),
        service('legacy-erp', 'partial', hardware.slice(0, 3), ['opentelemetry']),
        service('shop/checkout', 'joined', ['cpu: throttled'], ['throughline', 'opentelemetry']),
        service('shop/payments', 'joined', [], ['throughline', 'opentelemetry']),
        service('shop/web', 'joined', [], ['throughline', 'opentelemetry']),
      ],
      missing: [
        {
          signal: 'throughline.container.cpu.throttled.time',
          unlocks: 'cpu: throttled',
          services: 3,
          metrics: [
            'throughline_container_cpu_throttled_time_seconds_total (throughline)',
            'container_cpu_cfs_throttled_seconds_total (cadvisor)',
          ],
        },
        {
          signal: 'container.cpu.time',
          unlocks: 'cpu: used',
          services: 2,
          metrics: ['container_cpu_usage_seconds_total (cadvisor)'],
        },
      ],
      unused: Array.from({ length: 31 }, (_, i) => ({
        metric: `warehouse_shelf_${i}_items_total`,
        series: 2 + (i % 5),
      })),
    };
  }

  private diagnosis(service: string) {
    const isAlone = service === 'shop/inventory' && !this.applied;
    return {
      service,
      joined: !isAlone && service !== 'legacy-erp',
      instances: 2,
      key: isAlone
        ? "container_id, host_id with process_pid, or namespace with pod: none of them is on target_info or on the service's series"
        : service === 'legacy-erp'
          ? 'host_id “erp-01” is on the service’s series, and no node of that name is reported'
          : '',
      left: {
        job: [service],
        instance: ['10.0.3.7:8080', '10.0.3.9:8080'],
        ...(isAlone
          ? {
              kubernetes_ns: ['shop'],
              kubernetes_pod_name: ['inventory-7c9f', 'inventory-x2k1'],
            }
          : {}),
      },
      right: {
        container: { count: 9, examples: ['shop/inventory-7c9f/app', 'shop/web-1/app'] },
        pod: { count: 9, examples: ['shop/inventory-7c9f', 'shop/inventory-x2k1'] },
        process: { count: 0, examples: [] },
        node: { count: 4, examples: ['node-1', 'node-2', 'node-3', 'node-4'] },
      },
      proposals: isAlone
        ? [
            {
              ...proposal,
              why: 'label kubernetes_pod_name of shop/inventory is the name of pod shop/inventory-7c9f',
              certainty: 'value',
              instances: 2,
            },
          ]
        : [],
      rules: this.rules(),
    };
  }
}

/** `nothing` is nearly the name of something. */
function matchers(query: string) {
  const values = ['http_server_request_duration_seconds', 'system_cpu_time_seconds_total', 'up'];
  const failed = {
    matcher: '__name__="nothing"',
    label: '__name__',
    beside: [],
    count: values.length,
    values,
    labels: [],
  };
  const proposals = [query.replaceAll('nothing', 'up')];
  return { selectors: [{ selector: query, found: 'never', failed: [failed], proposals }] };
}

function ok(data: unknown): FixtureReply {
  return { status: 200, headers: {}, body: { status: 'success', data } };
}
