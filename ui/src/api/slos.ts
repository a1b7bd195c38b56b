/** Objectives and how they stand: `/api/view/v1/slos`. */
import { get, type Reply } from './client';
import { fields, listOrEmpty, number, numberOrNull, text, textOr } from './decode';

export interface Slo {
  readonly name: string;
  readonly displayName: string;
  /** The id of the service's page. */
  readonly service: string;
  readonly description: string;
  readonly file: string;
  readonly target: number;
  readonly windowMs: number;
  /** The bound a request must keep, in seconds; null where good events are counted. */
  readonly threshold: number | null;
  /** Why nothing is known; null where it is measured. */
  readonly missing: string | null;
  readonly errorRatio: number | null;
  /** 1 untouched, 0 used up, below 0 overdrawn. */
  readonly budget: number | null;
  /** By length of the window they are taken over, shortest first. 1 uses the budget up exactly in time. */
  readonly burnRates: readonly { readonly window: string; readonly rate: number | null }[];
  readonly alert: 'page' | 'ticket' | null;
}

export function getSlos(tenant: string | null, signal: AbortSignal): Promise<Reply<Slo[]>> {
  return get('/api/view/v1/slos', tenant, signal, parseSlos);
}

export function parseSlos(data: unknown): Slo[] {
  return listOrEmpty(fields(data, 'data')['slos'], 'data.slos', (value, path) => {
    const from = fields(value, path);
    const name = text(from['name'], `${path}.name`);
    return {
      name,
      displayName: textOr(from['displayName'], '', `${path}.displayName`) || name,
      service: textOr(from['service'], '', `${path}.service`),
      description: textOr(from['description'], '', `${path}.description`),
      file: textOr(from['file'], '', `${path}.file`),
      target: number(from['target'], `${path}.target`),
      windowMs: number(from['windowMs'], `${path}.windowMs`),
      threshold: numberOrNull(from['threshold'], `${path}.threshold`),
      missing:
        from['state'] === 'not-measured'
          ? textOr(from['reason'], 'the server gave no reason', `${path}.reason`)
          : null,
      errorRatio: numberOrNull(from['errorRatio'], `${path}.errorRatio`),
      budget: numberOrNull(from['budgetRemaining'], `${path}.budgetRemaining`),
      burnRates: Object.entries(fields(from['burnRates'] ?? {}, `${path}.burnRates`)).map(
        ([window, rate]) => ({ window, rate: numberOrNull(rate, `${path}.burnRates.${window}`) }),
      ),
      alert: from['alert'] === 'page' || from['alert'] === 'ticket' ? from['alert'] : null,
    };
  });
}

/** How a service stands by all of its objectives: the worst of them. */
export interface Standing {
  readonly budget: number | null;
  readonly alert: 'page' | 'ticket' | null;
  readonly count: number;
}

const urgency = { page: 0, ticket: 1 } as const;

function rank(alert: Slo['alert']): number {
  return alert === null ? 2 : urgency[alert];
}

/** What alerts first, then the least budget left; what is not measured stands last. */
export function worstFirst(a: Slo, b: Slo): number {
  return (
    rank(a.alert) - rank(b.alert) ||
    (a.budget ?? Number.POSITIVE_INFINITY) - (b.budget ?? Number.POSITIVE_INFINITY) ||
    a.displayName.localeCompare(b.displayName)
  );
}

export function standingsOf(slos: readonly Slo[]): ReadonlyMap<string, Standing> {
  const standings = new Map<string, Standing>();
  for (const slo of [...slos].sort(worstFirst)) {
    const known = standings.get(slo.service);
    standings.set(slo.service, {
      budget: known === undefined ? slo.budget : least(known.budget, slo.budget),
      alert: known?.alert ?? slo.alert,
      count: (known?.count ?? 0) + 1,
    });
  }
  return standings;
}

function least(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.min(a, b);
}

/** `81 %`, `overdrawn 3×`: what is left, or how often over it was used up. */
export function budgetText(budget: number): string {
  if (budget >= 0) {
    const percent = budget * 100;
    return `${percent >= 9.95 || percent === 0 ? Math.round(percent) : percent.toFixed(1)}\u202f%`;
  }
  const used = 1 - budget;
  return `spent ${used >= 9.95 ? Math.round(used) : used.toFixed(1)}×`;
}
