/** The map's reply. */
import { DecodeError, fields, listOrEmpty, number, numberOrNull, text, textOr } from './decode';
import type { MapEdge, MapItem, ServiceMap, Signal } from './model';
import { parseSignal } from './parse';

function kindOf(value: unknown, path: string): 'service' | 'node' {
  const kind = text(value, path);
  if (kind === 'service' || kind === 'node') return kind;
  throw new DecodeError(path, 'service or node', kind);
}

export function parseMap(data: unknown): ServiceMap {
  const from = fields(data, 'data');
  return {
    items: listOrEmpty(from['items'], 'data.items', parseItem),
    edges: listOrEmpty(from['edges'], 'data.edges', parseEdge),
    folded: listOrEmpty(from['folded'], 'data.folded', (each, path) => {
      const of = fields(each, path);
      return {
        kind: kindOf(of['kind'], `${path}.kind`),
        layer: number(of['layer'], `${path}.layer`),
        count: number(of['count'], `${path}.count`),
      };
    }),
  };
}

function parseItem(value: unknown, path: string): MapItem {
  const from = fields(value, path);
  const id = text(from['id'], `${path}.id`);
  const signals: Record<string, Signal> = {};
  for (const [name, signal] of Object.entries(fields(from['signals'] ?? {}, `${path}.signals`))) {
    signals[name] = parseSignal(signal, `${path}.signals.${name}`);
  }
  return {
    id,
    name: textOr(from['name'], id, `${path}.name`),
    kind: kindOf(from['kind'], `${path}.kind`),
    layer: number(from['layer'], `${path}.layer`),
    isOutside: from['outside'] === true,
    signals,
  };
}

function parseEdge(value: unknown, path: string): MapEdge {
  const from = fields(value, path);
  return {
    from: text(from['from'], `${path}.from`),
    to: text(from['to'], `${path}.to`),
    kind: from['kind'] === 'runs-on' ? 'runs-on' : 'calls',
    rate: numberOrNull(from['rate'], `${path}.rate`),
    errors: numberOrNull(from['errors'], `${path}.errors`),
    p99: numberOrNull(from['p99'], `${path}.p99`),
  };
}
