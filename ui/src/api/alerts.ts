/** Alerts of now, their history, silences and deliveries: `/api/view/v1/alerts…` and `/silences`. */
import { get, post, type Reply, remove } from './client';
import { DecodeError, fields, listOrEmpty, number, numberOrNull, text, textOr } from './decode';
import type { Labels } from './prometheus';

export type AlertState = 'inactive' | 'pending' | 'firing' | 'unknown';

export interface Delivery {
  readonly kind: string;
  readonly url: string;
  readonly state: 'queued' | 'delivered' | 'failed' | 'dropped';
  readonly atMs: number | null;
  readonly attempts: number;
  readonly error: string;
}

export interface Alert {
  readonly id: string;
  /** How it stood when it was last known. */
  readonly state: 'pending' | 'firing';
  /** Since when nothing is known of it; null where it is known. */
  readonly unknownSinceMs: number | null;
  readonly unknownReason: string;
  readonly rule: string;
  readonly group: string;
  readonly file: string;
  readonly expression: string;
  readonly forMs: number;
  readonly keepFiringForMs: number;
  readonly resolve: string | null;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly value: number | null;
  readonly activeMs: number | null;
  readonly firedMs: number | null;
  readonly keptFiringSinceMs: number | null;
  readonly silencedBy: readonly string[];
  readonly deliveries: readonly Delivery[];
}

export interface Alerts {
  readonly atMs: number;
  /** Why nothing is known of silences; "" where it is. */
  readonly silencesUnknown: string;
  readonly alerts: readonly Alert[];
}

export interface AlertChange {
  readonly atMs: number;
  readonly from: AlertState;
  readonly to: AlertState;
  readonly id: string;
  readonly rule: string;
  readonly group: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly value: number | null;
  readonly activeMs: number | null;
  readonly reason: string;
}

export interface AlertHistory {
  readonly changes: readonly AlertChange[];
  readonly next: string | null;
  readonly count: number;
  readonly oldestMs: number | null;
  readonly keptMs: number;
  readonly behind: number;
}

export interface Matcher {
  readonly name: string;
  readonly value: string;
  readonly isRegex: boolean;
  readonly isEqual: boolean;
}

export interface Silence {
  readonly id: string;
  readonly state: 'active' | 'pending' | 'expired';
  readonly matchers: readonly Matcher[];
  readonly startsMs: number;
  readonly endsMs: number;
  readonly createdBy: string;
  readonly comment: string;
  /** Pending and firing alerts that it matches. */
  readonly alerts: readonly string[];
}

export interface Silences {
  readonly silences: readonly Silence[];
  readonly alertmanagers: readonly { readonly url: string; readonly error: string }[];
}

export interface NewSilence {
  readonly matchers: readonly Matcher[];
  readonly startsMs: number;
  readonly endsMs: number;
  readonly createdBy: string;
  readonly comment: string;
}

export function getAlerts(tenant: string | null, signal: AbortSignal): Promise<Reply<Alerts>> {
  return get('/api/view/v1/alerts', tenant, signal, parseAlerts);
}

export function getAlertHistory(
  wanted: { readonly words: string; readonly before: string | null; readonly id?: string },
  tenant: string | null,
  signal: AbortSignal,
): Promise<Reply<AlertHistory>> {
  const query = new URLSearchParams({ limit: '100' });
  if (wanted.words.trim() !== '') query.set('q', wanted.words.trim());
  if (wanted.before !== null) query.set('before', wanted.before);
  if (wanted.id !== undefined) query.set('id', wanted.id);
  return get(`/api/view/v1/alerts/history?${query}`, tenant, signal, parseHistory);
}

export function getSilences(
  tenant: string | null,
  signal: AbortSignal,
  expired = false,
): Promise<Reply<Silences>> {
  const path = `/api/view/v1/silences${expired ? '?expired=true' : ''}`;
  return get(path, tenant, signal, parseSilences);
}

export function makeSilence(of: NewSilence, tenant: string | null): Promise<Reply<string>> {
  return post('/api/view/v1/silences', of, tenant, idOf);
}

export function endSilence(id: string, tenant: string | null): Promise<Reply<string>> {
  return remove(`/api/view/v1/silences/${encodeURIComponent(id)}`, tenant, idOf);
}

function idOf(data: unknown): string {
  return text(fields(data, 'data')['id'], 'data.id');
}

export function parseAlerts(data: unknown): Alerts {
  const from = fields(data, 'data');
  return {
    atMs: number(from['atMs'], 'data.atMs'),
    silencesUnknown: textOr(from['silencesUnknown'], '', 'data.silencesUnknown'),
    alerts: listOrEmpty(from['alerts'], 'data.alerts', parseAlert),
  };
}

function parseAlert(value: unknown, path: string): Alert {
  const from = fields(value, path);
  const state = text(from['state'], `${path}.state`);
  if (state !== 'pending' && state !== 'firing') {
    throw new DecodeError(`${path}.state`, 'pending or firing', state);
  }
  const words = (key: string) => textOr(from[key], '', `${path}.${key}`);
  const ms = (key: string) => numberOrNull(from[key], `${path}.${key}`);
  return {
    id: text(from['id'], `${path}.id`),
    state,
    unknownSinceMs: ms('unknownSinceMs'),
    unknownReason: words('unknownReason'),
    rule: text(from['rule'], `${path}.rule`),
    group: words('group'),
    file: words('file'),
    expression: words('expression'),
    forMs: ms('forMs') ?? 0,
    keepFiringForMs: ms('keepFiringForMs') ?? 0,
    resolve: words('resolve') || null,
    labels: labelsOf(from['labels'], `${path}.labels`),
    annotations: labelsOf(from['annotations'], `${path}.annotations`),
    value: ms('value'),
    activeMs: ms('activeMs'),
    firedMs: ms('firedMs'),
    keptFiringSinceMs: ms('keptFiringSinceMs'),
    silencedBy: listOrEmpty(from['silencedBy'], `${path}.silencedBy`, text),
    deliveries: listOrEmpty(from['deliveries'], `${path}.deliveries`, parseDelivery),
  };
}

function parseDelivery(value: unknown, path: string): Delivery {
  const from = fields(value, path);
  const state = text(from['state'], `${path}.state`);
  switch (state) {
    case 'queued':
    case 'delivered':
    case 'failed':
    case 'dropped':
      return {
        kind: textOr(from['kind'], '', `${path}.kind`),
        url: textOr(from['url'], '', `${path}.url`),
        state,
        atMs: numberOrNull(from['atMs'], `${path}.atMs`),
        attempts: numberOrNull(from['attempts'], `${path}.attempts`) ?? 0,
        error: textOr(from['error'], '', `${path}.error`),
      };
    default:
      throw new DecodeError(`${path}.state`, 'queued, delivered, failed or dropped', state);
  }
}

function stateOf(value: unknown, path: string): AlertState {
  const state = text(value, path);
  switch (state) {
    case 'inactive':
    case 'pending':
    case 'firing':
    case 'unknown':
      return state;
    default:
      throw new DecodeError(path, 'inactive, pending, firing or unknown', state);
  }
}

export function parseHistory(data: unknown): AlertHistory {
  const from = fields(data, 'data');
  return {
    changes: listOrEmpty(from['changes'], 'data.changes', (value, path) => {
      const of = fields(value, path);
      return {
        atMs: number(of['atMs'], `${path}.atMs`),
        from: stateOf(of['from'], `${path}.from`),
        to: stateOf(of['to'], `${path}.to`),
        id: text(of['id'], `${path}.id`),
        rule: text(of['rule'], `${path}.rule`),
        group: textOr(of['group'], '', `${path}.group`),
        labels: labelsOf(of['labels'], `${path}.labels`),
        annotations: labelsOf(of['annotations'], `${path}.annotations`),
        value: numberOrNull(of['value'], `${path}.value`),
        activeMs: numberOrNull(of['activeMs'], `${path}.activeMs`),
        reason: textOr(of['reason'], '', `${path}.reason`),
      };
    }),
    next: textOr(from['next'], '', 'data.next') || null,
    count: numberOrNull(from['count'], 'data.count') ?? 0,
    oldestMs: numberOrNull(from['oldestMs'], 'data.oldestMs'),
    keptMs: numberOrNull(from['keptMs'], 'data.keptMs') ?? 0,
    behind: numberOrNull(from['behind'], 'data.behind') ?? 0,
  };
}

export function parseSilences(data: unknown): Silences {
  const from = fields(data, 'data');
  return {
    silences: listOrEmpty(from['silences'], 'data.silences', (value, path) => {
      const of = fields(value, path);
      const state = text(of['state'], `${path}.state`);
      if (state !== 'active' && state !== 'pending' && state !== 'expired') {
        throw new DecodeError(`${path}.state`, 'active, pending or expired', state);
      }
      return {
        id: text(of['id'], `${path}.id`),
        state,
        matchers: listOrEmpty(of['matchers'], `${path}.matchers`, (each, at) => {
          const one = fields(each, at);
          return {
            name: text(one['name'], `${at}.name`),
            value: textOr(one['value'], '', `${at}.value`),
            isRegex: one['isRegex'] === true,
            isEqual: one['isEqual'] !== false,
          };
        }),
        startsMs: number(of['startsMs'], `${path}.startsMs`),
        endsMs: number(of['endsMs'], `${path}.endsMs`),
        createdBy: textOr(of['createdBy'], '', `${path}.createdBy`),
        comment: textOr(of['comment'], '', `${path}.comment`),
        alerts: listOrEmpty(of['alerts'], `${path}.alerts`, text),
      };
    }),
    alertmanagers: listOrEmpty(from['alertmanagers'], 'data.alertmanagers', (value, path) => {
      const of = fields(value, path);
      return {
        url: textOr(of['url'], '', `${path}.url`),
        error: textOr(of['error'], '', `${path}.error`),
      };
    }),
  };
}

/** `alertname="Slow"`, with the operator of PromQL. */
export function formatMatcher(of: Matcher): string {
  const operator = of.isEqual ? (of.isRegex ? '=~' : '=') : of.isRegex ? '!~' : '!=';
  return `${of.name}${operator}${JSON.stringify(of.value)}`;
}

function labelsOf(value: unknown, path: string): Labels {
  if (value === undefined || value === null) return {};
  return Object.fromEntries(
    Object.entries(fields(value, path)).map(([name, each]) => [
      name,
      text(each, `${path}.${name}`),
    ]),
  );
}
