/** The seeded fleet: what each service is, and how it behaves at a moment. */
import { hash, hashText, jitter, wander } from './noise';

export interface Profile {
  readonly id: string;
  readonly name: string;
  readonly namespace: string;
  readonly seed: number;
  readonly baseRate: number;
  readonly baseSeconds: number;
  readonly errorRatio: number;
  readonly cpuLimit: number | null;
  readonly memoryLimit: number | null;
  readonly instances: number;
  readonly node: number;
  readonly calls: readonly string[];
  /** A service outside a container, with no agent beside it: nothing of the host is known. */
  readonly bare: boolean;
}

export interface Moment {
  readonly rate: number;
  readonly errors: number;
  /** Log-normal latency: the median in seconds and the spread of its logarithm. */
  readonly median: number;
  readonly sigma: number;
  readonly inFlight: number;
  readonly queued: number;
  readonly cpu: number;
  readonly cpuLimit: number | null;
  readonly throttled: number;
  readonly runQueue: number;
  readonly memory: number;
  readonly diskRead: number;
  readonly diskWrite: number;
  readonly received: number;
  readonly sent: number;
  readonly pressureCpu: number;
  readonly pressureIo: number;
  readonly pressureMemory: number;
}

const MiB = 1 << 20;

const shop: readonly (Partial<Profile> & { id: string })[] = [
  {
    id: 'shop/web',
    baseRate: 84,
    baseSeconds: 0.031,
    cpuLimit: 2,
    instances: 3,
    calls: ['shop/checkout', 'shop/inventory'],
    node: 0,
  },
  {
    id: 'shop/checkout',
    baseRate: 31,
    baseSeconds: 0.018,
    errorRatio: 0.001,
    cpuLimit: 2,
    instances: 2,
    calls: ['shop/payments', 'shop/inventory'],
    node: 0,
  },
  {
    id: 'shop/inventory',
    baseRate: 112,
    baseSeconds: 0.0042,
    cpuLimit: 1,
    instances: 2,
    calls: [],
    node: 1,
  },
  {
    id: 'shop/payments',
    baseRate: 29,
    baseSeconds: 0.064,
    errorRatio: 0.004,
    cpuLimit: 1,
    instances: 1,
    calls: [],
    node: 1,
  },
  {
    id: 'throughline',
    baseRate: 3.4,
    baseSeconds: 0.0061,
    errorRatio: 0,
    cpuLimit: null,
    instances: 1,
    calls: [],
    node: 0,
  },
  {
    id: 'legacy-erp',
    baseRate: 1.8,
    baseSeconds: 0.42,
    errorRatio: 0,
    cpuLimit: null,
    instances: 1,
    calls: [],
    node: 2,
    bare: true,
  },
];

const teams = ['billing', 'catalog', 'identity', 'search', 'media', 'shipping', 'growth', 'ledger'];
const things = [
  'api',
  'worker',
  'gateway',
  'index',
  'sync',
  'render',
  'events',
  'cache',
  'jobs',
  'export',
  'rates',
  'mailer',
  'audit',
];

export function fleet(size: number): Profile[] {
  const out = shop.map((each) => profile(each.id, { bare: false, ...each }));
  for (let i = 0; out.length < size; i++) {
    const team = teams[i % teams.length];
    const thing = things[Math.floor(i / teams.length) % things.length];
    const turn = Math.floor(i / (teams.length * things.length));
    out.push(profile(`${team}/${thing}${turn === 0 ? '' : `-${turn + 1}`}`, {}));
  }
  return out.slice(0, size);
}

function profile(id: string, given: Partial<Profile>): Profile {
  const seed = hashText(id);
  const slash = id.indexOf('/');
  const limits = [0.5, 1, 2, 4, null];
  return {
    id,
    name: id.slice(slash + 1),
    namespace: slash < 0 ? '' : id.slice(0, slash),
    seed,
    baseRate: 10 ** (hash(seed, 1) * 3 - 0.6),
    baseSeconds: 10 ** (hash(seed, 2) * 2 - 2.8),
    errorRatio: hash(seed, 3) > 0.85 ? hash(seed, 4) * 0.012 : 0,
    cpuLimit: limits[Math.floor(hash(seed, 5) * limits.length)] ?? null,
    memoryLimit: hash(seed, 6) > 0.2 ? 2 ** (28 + Math.floor(hash(seed, 7) * 4)) : null,
    instances: 1 + Math.floor(hash(seed, 8) * 5),
    node: Math.floor(hash(seed, 9) * 12),
    calls: [],
    bare: hash(seed, 10) > 0.94,
    ...given,
  };
}

/**
 * One service at one moment. `incidentMs` is when the CPU limit of shop/checkout was cut from 2 to half a
 * core: throttling follows, then its latency, then that of shop/web which waits for it.
 */
export function momentOf(of: Profile, atMs: number, incidentMs: number): Moment {
  const s = of.seed;
  const sinceMs = atMs - incidentMs;
  const hit = of.id === 'shop/checkout' && sinceMs >= 0;
  const downstream = of.id === 'shop/web' && sinceMs >= 3000;
  const rate = Math.max(
    0.05,
    of.baseRate *
      (1 +
        0.18 * wander(s, atMs, 240_000) +
        0.1 * wander(s + 1, atMs, 20_000) +
        0.1 * jitter(s + 2, atMs)),
  );
  const limit = hit ? 0.5 : of.cpuLimit;
  const perRequest = of.id === 'shop/checkout' ? 0.021 : Math.min(0.03, of.baseSeconds * 0.6);
  const wanted = rate * perRequest * (1 + 0.08 * wander(s + 3, atMs, 9000)) + 0.02;
  const cpu =
    limit === null ? wanted : Math.min(wanted, limit * (0.985 + 0.012 * jitter(s + 4, atMs)));
  const pressed = limit === null ? 0 : Math.max(0, wanted / limit - 0.8);
  const throttled =
    limit === null
      ? 0
      : pressed > 0.02
        ? Math.min(6, pressed * 2.4 + 0.2 * Math.abs(jitter(s + 5, atMs)))
        : 0;
  const slow = 1 + throttled * 3.1 + (downstream ? 2.2 + 0.5 * wander(s + 6, atMs, 15_000) : 0);
  const median = of.baseSeconds * slow * (1 + 0.12 * wander(s + 7, atMs, 60_000));
  const burst = hash(s + 8, Math.floor(atMs / 30_000)) > 0.93 ? 1.6 : 1;
  const sigma = 0.42 * burst + Math.min(0.35, throttled * 0.12);
  const errors = Math.min(
    0.5,
    of.errorRatio * (1 + wander(s + 9, atMs, 90_000)) +
      (hit ? Math.max(0, 0.03 * throttled + 0.01 * jitter(s + 10, atMs)) : 0),
  );
  const mean = median * Math.exp((sigma * sigma) / 2);
  const memory =
    (120 + 340 * hash(s, 11)) * MiB * (1 + 0.04 * wander(s + 12, atMs, 120_000)) +
    (((atMs / 1000 + s) % 47) / 47) * 40 * MiB;
  const io = of.id === 'shop/inventory' ? 9e6 : 4e5 * (1 + hash(s, 13) * 4);
  return {
    rate,
    errors,
    median,
    sigma,
    inFlight: rate * mean,
    queued: throttled > 0 ? throttled * 4.2 * (1 + 0.3 * jitter(s + 14, atMs)) : 0,
    cpu,
    cpuLimit: limit,
    throttled,
    runQueue: Math.max(0, 0.02 + 0.03 * wander(s + 15, atMs, 12_000) + cpu * 0.05),
    memory,
    diskRead: Math.max(0, io * 0.2 * (1 + wander(s + 16, atMs, 30_000))),
    diskWrite: Math.max(
      0,
      io * (1 + 0.8 * wander(s + 17, atMs, 14_000) + 0.4 * jitter(s + 18, atMs)),
    ),
    received: rate * 1900 * (1 + 0.05 * jitter(s + 19, atMs)),
    sent: rate * 7400 * (1 + 0.05 * jitter(s + 20, atMs)),
    pressureCpu: Math.min(1, 0.01 + 0.01 * Math.abs(jitter(s + 21, atMs)) + throttled * 0.22),
    pressureIo: Math.max(0, 0.004 + 0.006 * wander(s + 22, atMs, 18_000)),
    pressureMemory: 0,
  };
}
