/**
 * The pane's only door to the server. A request ends as a `Reply`: data with its warnings, or a failure
 * in words a reader can act on. Nothing here throws except for a request its page gave up.
 */
import { DecodeError, fields, listOrEmpty, text, textOr } from './decode';
import { parseMap } from './map';
import type { EntityPage, Overview, ServiceMap } from './model';
import { parseEntityPage, parseOverview } from './parse';

export type Reply<T> =
  | {
      readonly kind: 'ok';
      readonly data: T;
      readonly warnings: readonly string[];
      /** The server's clock when it answered; the browser's where it did not say. */
      readonly serverMs: number;
    }
  | { readonly kind: 'failed'; readonly failure: Failure };

export type Failure =
  /** No answer at all: the process is down, or the network between. */
  | { readonly kind: 'unreachable'; readonly message: string }
  | { readonly kind: 'not-found'; readonly message: string }
  | { readonly kind: 'unavailable'; readonly message: string; readonly retryAfterMs: number }
  | { readonly kind: 'refused'; readonly status: number; readonly message: string }
  /** An answer this version of the pane cannot read. */
  | { readonly kind: 'unreadable'; readonly message: string };

export type Range =
  | { readonly kind: 'live'; readonly windowMs: number }
  | { readonly kind: 'fixed'; readonly fromMs: number; readonly toMs: number };

export interface EntityRequest {
  readonly kind: 'service' | 'node';
  readonly id: string;
  readonly range: Range;
  readonly points: number;
  readonly instance: string | null;
  /** Only columns from here on; the rest is already held. */
  readonly sinceMs: number | null;
}

/** One GET, parsed. Throws only when `signal` gave it up. */
export function get<T>(
  path: string,
  tenant: string | null,
  signal: AbortSignal,
  parse: (data: unknown) => T,
): Promise<Reply<T>> {
  return ask(path, { signal }, tenant, parse);
}

/** What a reader asked for by a click goes through to its end: it is never given up. */
export function post<T>(
  path: string,
  body: unknown,
  tenant: string | null,
  parse: (data: unknown) => T,
): Promise<Reply<T>> {
  const headers = { 'Content-Type': 'application/json' };
  return ask(path, { method: 'POST', headers, body: JSON.stringify(body) }, tenant, parse);
}

export function remove<T>(
  path: string,
  tenant: string | null,
  parse: (data: unknown) => T,
): Promise<Reply<T>> {
  return ask(path, { method: 'DELETE' }, tenant, parse);
}

async function ask<T>(
  path: string,
  init: RequestInit,
  tenant: string | null,
  parse: (data: unknown) => T,
): Promise<Reply<T>> {
  const isGivenUp = () => init.signal?.aborted === true;
  let response: Response;
  let body: unknown;
  try {
    response = await fetch(path, {
      ...init,
      headers: {
        ...init.headers,
        Accept: 'application/json',
        ...(tenant ? { 'X-Scope-OrgID': tenant } : {}),
      },
    });
    body = await response.json().catch((error: unknown) => {
      if (isGivenUp()) throw error;
      return undefined;
    });
  } catch (error) {
    if (isGivenUp()) throw error;
    return {
      kind: 'failed',
      failure: { kind: 'unreachable', message: 'No answer from the server.' },
    };
  }
  try {
    if (!response.ok) return { kind: 'failed', failure: failureOf(response, body) };
    const envelope = fields(body, 'reply');
    return {
      kind: 'ok',
      data: parse(envelope['data']),
      warnings: [
        ...listOrEmpty(envelope['warnings'], 'warnings', text),
        ...listOrEmpty(envelope['infos'], 'infos', text),
      ],
      serverMs: serverClock(response),
    };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return { kind: 'failed', failure: { kind: 'unreadable', message: error.message } };
  }
}

function serverClock(response: Response): number {
  const ms = Date.parse(response.headers.get('Date') ?? '');
  return Number.isFinite(ms) ? ms : Date.now();
}

function failureOf(response: Response, body: unknown): Failure {
  const message =
    typeof body === 'object' && body !== null && 'error' in body
      ? textOr(body.error, '', 'error')
      : `The server answered ${response.status} ${response.statusText}`.trim();
  if (response.status === 404) return { kind: 'not-found', message };
  if (response.status === 503) {
    const seconds = Number(response.headers.get('Retry-After'));
    return {
      kind: 'unavailable',
      message,
      retryAfterMs: Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, 60) * 1000 : 2000,
    };
  }
  return { kind: 'refused', status: response.status, message };
}

/** One cluster, one site; null for all. */
export interface Place {
  readonly cluster: string | null;
  readonly site: string | null;
}

function setPlace(query: URLSearchParams, place: Place | undefined): void {
  if (place?.cluster != null) query.set('cluster', place.cluster);
  if (place?.site != null) query.set('site', place.site);
}

export interface OverviewRequest {
  readonly range: Range;
  readonly points: number;
  readonly place?: Place;
  /** Which rows come with sparks, in the reply's order; null for all. */
  readonly sparks: { readonly first: number; readonly count: number } | null;
}

export function getOverview(
  request: OverviewRequest,
  tenant: string | null,
  signal: AbortSignal,
): Promise<Reply<Overview>> {
  const { range, sparks } = request;
  const windowMs = range.kind === 'live' ? range.windowMs : range.toMs - range.fromMs;
  const query = new URLSearchParams({
    layout: 'columns',
    window: String(Math.max(10, Math.round(windowMs / 1000))),
    points: String(request.points),
  });
  if (range.kind === 'fixed') query.set('end', String(range.toMs));
  if (sparks !== null) {
    query.set('first', String(sparks.first));
    query.set('count', String(sparks.count));
  }
  setPlace(query, request.place);
  return get(`/api/view/v1/services?${query}`, tenant, signal, parseOverview);
}

export function getEntityPage(
  request: EntityRequest,
  tenant: string | null,
  signal: AbortSignal,
): Promise<Reply<EntityPage>> {
  const query = new URLSearchParams({ points: String(request.points) });
  switch (request.range.kind) {
    case 'live':
      query.set('window', String(request.range.windowMs / 1000));
      break;
    case 'fixed':
      query.set('start', String(request.range.fromMs));
      query.set('end', String(request.range.toMs));
      break;
  }
  if (request.instance !== null) query.set('instance', request.instance);
  if (request.sinceMs !== null) query.set('since', String(request.sinceMs));
  const folder = request.kind === 'service' ? 'services' : 'nodes';
  const path = `/api/view/v1/${folder}/${encodeURIComponent(request.id)}?${query}`;
  return get(path, tenant, signal, parseEntityPage);
}

/** `service` null: everything that calls or is called. */
export function getMap(
  service: string | null,
  place: Place,
  tenant: string | null,
  signal: AbortSignal,
): Promise<Reply<ServiceMap>> {
  const query = new URLSearchParams(service === null ? {} : { service });
  if (service === null) setPlace(query, place);
  const search = query.size === 0 ? '' : `?${query}`;
  return get(`/api/view/v1/map${search}`, tenant, signal, parseMap);
}
