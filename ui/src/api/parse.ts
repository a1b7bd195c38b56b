import { parseChange, parseSuspect } from './change';
import { parseColumnRows } from './columns';
import {
  column,
  DecodeError,
  type Fields,
  fields,
  list,
  listOrEmpty,
  number,
  numberOrNull,
  text,
  textOr,
} from './decode';
import type {
  EntityPage,
  EntitySummary,
  Heatmap,
  Instance,
  Neighbour,
  Overview,
  Role,
  Series,
  Signal,
  Strip,
  StripState,
  Where,
} from './model';

const noReason = 'the server gave no reason';
const roles: readonly string[] = ['ok', 'error', 'usage', 'limit', 'wait', 'quantile', 'other'];

function isRole(value: string): value is Role {
  return roles.includes(value);
}

export function parseSignal(value: unknown, path: string): Signal {
  const from = fields(value, path);
  const state = textOr(from['state'], 'pending', `${path}.state`);
  switch (state) {
    case 'measured': {
      const measured = numberOrNull(from['value'], `${path}.value`);
      if (measured === null) {
        return {
          kind: 'not-measured',
          reason: textOr(from['reason'], 'no value in this window', path),
        };
      }
      return {
        kind: 'measured',
        value: measured,
        unit: textOr(from['unit'], '', `${path}.unit`),
        lower: numberOrNull(from['lower'], `${path}.lower`),
        upper: numberOrNull(from['upper'], `${path}.upper`),
        limit: numberOrNull(from['limit'], `${path}.limit`),
        limitReason:
          from['limitReason'] == null ? null : text(from['limitReason'], `${path}.limitReason`),
        resource: from['resource'] == null ? null : text(from['resource'], `${path}.resource`),
        spark: column(from['spark'], `${path}.spark`),
      };
    }
    case 'not-measured':
      return { kind: 'not-measured', reason: textOr(from['reason'], noReason, `${path}.reason`) };
    case 'pending':
      return { kind: 'pending' };
    default:
      throw new DecodeError(`${path}.state`, 'measured, not-measured or pending', state);
  }
}

function parseSummary(value: unknown, path: string): EntitySummary {
  const from = fields(value, path);
  const id = text(from['id'], `${path}.id`);
  const signals: Record<string, Signal> = {};
  for (const [name, signal] of Object.entries(fields(from['signals'] ?? {}, `${path}.signals`))) {
    signals[name] = parseSignal(signal, `${path}.signals.${name}`);
  }
  return {
    id,
    name: textOr(from['name'], id, `${path}.name`),
    namespace: textOr(from['namespace'], '', `${path}.namespace`),
    instanceCount: numberOrNull(from['instanceCount'], `${path}.instanceCount`) ?? 0,
    lastSeenMs: numberOrNull(from['lastSeenMs'], `${path}.lastSeenMs`),
    signals,
    lastChange:
      from['lastChange'] == null ? null : parseChange(from['lastChange'], `${path}.lastChange`),
    topSuspect: parseSuspect(from['topSuspect'], `${path}.topSuspect`),
  };
}

function parseWhere(from: Fields): Where {
  return {
    clusters: listOrEmpty(from['clusters'], 'data.clusters', text),
    sites: listOrEmpty(from['sites'], 'data.sites', text),
  };
}

export function parseOverview(value: unknown): Overview {
  const from = fields(value, 'data');
  const base = {
    where: parseWhere(from),
    atMs: number(from['atMs'], 'data.atMs'),
    startMs: numberOrNull(from['startMs'], 'data.startMs') ?? 0,
    stepMs: numberOrNull(from['stepMs'], 'data.stepMs') ?? 0,
  };
  if (from['layout'] === 'columns') {
    const texts = listOrEmpty(from['texts'], 'data.texts', text);
    return {
      ...base,
      services: parseColumnRows(from['services'] ?? {}, 'data.services', texts),
      nodes: parseColumnRows(from['nodes'] ?? {}, 'data.nodes', texts),
    };
  }
  return {
    ...base,
    services: listOrEmpty(from['services'], 'data.services', parseSummary),
    nodes: listOrEmpty(from['nodes'], 'data.nodes', parseSummary),
  };
}

function optionalColumn(from: Fields, key: string, path: string): (number | null)[] | null {
  return from[key] == null ? null : column(from[key], `${path}.${key}`);
}

function parseSeries(value: unknown, path: string, stripUnit: string): Series {
  const from = fields(value, path);
  const role = textOr(from['role'], 'other', `${path}.role`);
  const max = optionalColumn(from, 'max', path);
  const name = text(from['name'], `${path}.name`);
  return {
    // A request can fail whatever its status says (the client left): two lines must not share a name.
    name: role === 'error' && /^[123]xx$/.test(name) ? `${name}, failed` : name,
    role: isRole(role) ? role : 'other',
    unit: textOr(from['unit'], stripUnit, `${path}.unit`),
    missing:
      from['state'] === 'not-measured' ? textOr(from['reason'], noReason, `${path}.reason`) : null,
    values: optionalColumn(from, 'values', path) ?? max ?? [],
    min: optionalColumn(from, 'min', path),
    max,
    lower: optionalColumn(from, 'lower', path),
    upper: optionalColumn(from, 'upper', path),
  };
}

function parseHeatmap(value: unknown, path: string): Heatmap {
  const from = fields(value, path);
  const bounds = list(
    from['bounds'],
    `${path}.bounds`,
    (bound, at) => numberOrNull(bound, at) ?? Number.POSITIVE_INFINITY,
  );
  const columns = list(from['columns'], `${path}.columns`, (cells, at) => list(cells, at, number));
  return { bounds, columns };
}

function parseState(from: Fields, path: string): StripState {
  const state = textOr(from['state'], 'measured', `${path}.state`);
  switch (state) {
    case 'measured':
      return { kind: 'measured' };
    case 'pending':
      return { kind: 'pending' };
    case 'not-measured':
      return { kind: 'not-measured', reason: textOr(from['reason'], noReason, `${path}.reason`) };
    default:
      throw new DecodeError(`${path}.state`, 'measured, not-measured or pending', state);
  }
}

function parseStrip(value: unknown, path: string): Strip {
  const from = fields(value, path);
  const id = text(from['id'], `${path}.id`);
  const unit = textOr(from['unit'], '', `${path}.unit`);
  return {
    id,
    title: textOr(from['title'], id, `${path}.title`),
    unit,
    state: parseState(from, path),
    startMs: numberOrNull(from['startMs'], `${path}.startMs`) ?? 0,
    stepMs: numberOrNull(from['stepMs'], `${path}.stepMs`) ?? 0,
    notes: listOrEmpty(from['notes'], `${path}.notes`, text),
    series: listOrEmpty(from['series'], `${path}.series`, (each, at) =>
      parseSeries(each, at, unit),
    ),
    heatmap: from['heatmap'] == null ? null : parseHeatmap(from['heatmap'], `${path}.heatmap`),
  };
}

function parseInstance(value: unknown, path: string): Instance {
  const from = fields(value, path);
  return {
    id: text(from['id'], `${path}.id`),
    host: from['host'] == null ? null : text(from['host'], `${path}.host`),
    container: from['container'] == null ? null : text(from['container'], `${path}.container`),
    lastSeenMs: numberOrNull(from['lastSeenMs'], `${path}.lastSeenMs`),
  };
}

function parseNeighbour(value: unknown, path: string): Neighbour {
  const from = fields(value, path);
  const id = text(from['id'], `${path}.id`);
  return {
    id,
    name: textOr(from['name'], id, `${path}.name`),
    rate: numberOrNull(from['rate'], `${path}.rate`),
    errors: numberOrNull(from['errors'], `${path}.errors`),
    p99: numberOrNull(from['p99'], `${path}.p99`),
    isOutside: from['outside'] === true,
  };
}

export function parseEntityPage(value: unknown): EntityPage {
  const from = fields(value, 'data');
  const id = text(from['id'], 'data.id');
  const endMs = number(from['endMs'], 'data.endMs');
  return {
    kind: from['kind'] === 'node' ? 'node' : 'service',
    id,
    name: textOr(from['name'], id, 'data.name'),
    namespace: textOr(from['namespace'], '', 'data.namespace'),
    startMs: number(from['startMs'], 'data.startMs'),
    endMs,
    stepMs: number(from['stepMs'], 'data.stepMs'),
    rightEdgeMs: numberOrNull(from['rightEdgeMs'], 'data.rightEdgeMs') ?? endMs,
    skewMs: numberOrNull(from['skewMs'], 'data.skewMs'),
    instances: listOrEmpty(from['instances'], 'data.instances', parseInstance),
    where: parseWhere(from),
    callers: listOrEmpty(from['callers'], 'data.callers', parseNeighbour),
    callees: listOrEmpty(from['callees'], 'data.callees', parseNeighbour),
    nodes: listOrEmpty(from['nodes'], 'data.nodes', parseNeighbour),
    services: listOrEmpty(from['services'], 'data.services', parseNeighbour),
    changes: listOrEmpty(from['changes'], 'data.changes', parseChange),
    strips: listOrEmpty(from['strips'], 'data.strips', parseStrip),
  };
}
