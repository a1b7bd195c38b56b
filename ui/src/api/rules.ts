/** Rules and their alerts, in the shape of Prometheus's `/api/v1/rules`. */
import { get, type Reply } from './client';
import {
  DecodeError,
  fields,
  list,
  listOrEmpty,
  number,
  numberOrNull,
  text,
  textOr,
} from './decode';
import type { Labels } from './prometheus';

export type AlertState = 'firing' | 'pending' | 'inactive';

export interface ActiveAlert {
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly state: AlertState;
  readonly activeAtMs: number | null;
  readonly value: string;
}

interface RuleBase {
  readonly name: string;
  readonly expression: string;
  readonly labels: Labels;
  /** Why its last evaluation failed; null where it did not. */
  readonly error: string | null;
  /** False until it was evaluated once. */
  readonly evaluated: boolean;
  readonly evaluationSeconds: number | null;
}

export interface AlertRule extends RuleBase {
  readonly kind: 'alerting';
  readonly state: AlertState;
  readonly forSeconds: number;
  readonly annotations: Labels;
  readonly alerts: readonly ActiveAlert[];
  /** Since when its state is not known; null where it is. */
  readonly unknownSinceMs: number | null;
}

export interface RecordingRule extends RuleBase {
  readonly kind: 'recording';
}

export interface RuleGroup {
  readonly name: string;
  readonly file: string;
  readonly intervalSeconds: number;
  readonly lastEvaluationMs: number | null;
  readonly evaluationSeconds: number | null;
  readonly rules: readonly (AlertRule | RecordingRule)[];
}

export function getRules(tenant: string | null, signal: AbortSignal): Promise<Reply<RuleGroup[]>> {
  return get('/api/v1/rules', tenant, signal, parseRules);
}

export function parseRules(data: unknown): RuleGroup[] {
  return listOrEmpty(fields(data, 'data')['groups'], 'data.groups', (group, path) => {
    const from = fields(group, path);
    return {
      name: text(from['name'], `${path}.name`),
      file: textOr(from['file'], '', `${path}.file`),
      intervalSeconds: numberOrNull(from['interval'], `${path}.interval`) ?? 0,
      lastEvaluationMs: timeOf(from['lastEvaluation'], `${path}.lastEvaluation`),
      evaluationSeconds: numberOrNull(from['evaluationTime'], `${path}.evaluationTime`),
      rules: list(from['rules'], `${path}.rules`, parseRule),
    };
  });
}

function parseRule(value: unknown, path: string): AlertRule | RecordingRule {
  const from = fields(value, path);
  const health = textOr(from['health'], 'unknown', `${path}.health`);
  const base: RuleBase = {
    name: text(from['name'], `${path}.name`),
    expression: text(from['query'], `${path}.query`),
    labels: labels(from['labels'], `${path}.labels`),
    error: health === 'err' ? textOr(from['lastError'], 'no reason given', path) : null,
    evaluated: health !== 'unknown',
    evaluationSeconds: numberOrNull(from['evaluationTime'], `${path}.evaluationTime`),
  };
  const type = text(from['type'], `${path}.type`);
  switch (type) {
    case 'recording':
      return { kind: 'recording', ...base };
    case 'alerting':
      return {
        kind: 'alerting',
        ...base,
        state: stateOf(from['state'], `${path}.state`),
        forSeconds: numberOrNull(from['duration'], `${path}.duration`) ?? 0,
        annotations: labels(from['annotations'], `${path}.annotations`),
        alerts: listOrEmpty(from['alerts'], `${path}.alerts`, parseAlert),
        unknownSinceMs: timeOf(from['unknownSince'], `${path}.unknownSince`),
      };
    default:
      throw new DecodeError(`${path}.type`, 'alerting or recording', type);
  }
}

function parseAlert(value: unknown, path: string): ActiveAlert {
  const from = fields(value, path);
  return {
    labels: labels(from['labels'], `${path}.labels`),
    annotations: labels(from['annotations'], `${path}.annotations`),
    state: stateOf(from['state'], `${path}.state`),
    activeAtMs: timeOf(from['activeAt'], `${path}.activeAt`),
    value:
      typeof from['value'] === 'number'
        ? String(number(from['value'], path))
        : textOr(from['value'], '', `${path}.value`),
  };
}

/** RFC 3339; Prometheus says the year 1 for never. */
function timeOf(value: unknown, path: string): number | null {
  const ms = Date.parse(textOr(value, '', path));
  return Number.isFinite(ms) && ms > 0 ? ms : null;
}

function stateOf(value: unknown, path: string): AlertState {
  const state = textOr(value, 'inactive', path);
  switch (state) {
    case 'firing':
    case 'pending':
    case 'inactive':
      return state;
    // Before its first evaluation Prometheus calls a rule's state unknown.
    case 'unknown':
      return 'inactive';
    default:
      throw new DecodeError(path, 'firing, pending or inactive', state);
  }
}

function labels(value: unknown, path: string): Labels {
  if (value === undefined || value === null) return {};
  return Object.fromEntries(
    Object.entries(fields(value, path)).map(([name, each]) => [
      name,
      text(each, `${path}.${name}`),
    ]),
  );
}
