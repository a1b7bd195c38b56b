/** What was found, what joined, what is missing: `/api/view/v1/coverage` and the join doctor's `/joins`. */
import { get, post, type Reply } from './client';
import { DecodeError, fields, listOrEmpty, number, numberOrNull, text, textOr } from './decode';

export type Join = 'joined' | 'partial' | 'alone';

export interface CoveredService {
  readonly id: string;
  readonly join: Join;
  readonly instances: number;
  readonly containers: number;
  readonly processes: number;
  readonly pods: number;
  readonly nodes: number;
  readonly sources: readonly string[];
  /** `strip: line`. */
  readonly has: readonly string[];
  readonly lacks: readonly string[];
}

export interface MissingSignal {
  readonly signal: string;
  /** `strip: line`. */
  readonly unlocks: string;
  readonly services: number;
  /** What would do, of sources that are there already first. */
  readonly metrics: readonly string[];
}

export interface Coverage {
  readonly summary: {
    readonly services: number;
    readonly joined: number;
    readonly partial: number;
    readonly alone: number;
    readonly nodes: number;
    readonly containers: number;
    readonly containersOfNoService: number;
  };
  readonly sources: readonly { readonly name: string; readonly services: number }[];
  readonly services: readonly CoveredService[];
  readonly missing: readonly MissingSignal[];
  readonly unused: readonly { readonly metric: string; readonly series: number }[];
}

export interface JoinRule {
  readonly when: string;
  readonly is: string;
  readonly id: string;
  readonly yaml: string;
}

export interface Proposal extends JoinRule {
  readonly why: string;
  /** `value`: a label's value is the other side's name; `spelling`: two names look alike. */
  readonly certainty: string;
  /** How many instances, or calls, it joins. */
  readonly instances: number;
}

export interface Diagnosis {
  readonly service: string;
  readonly joined: boolean;
  /** Which key failed, in words; "" where none did. */
  readonly key: string;
  readonly left: readonly { readonly label: string; readonly values: readonly string[] }[];
  readonly right: readonly {
    readonly kind: string;
    readonly count: number;
    readonly examples: readonly string[];
  }[];
  readonly proposals: readonly Proposal[];
  readonly rules: readonly JoinRule[];
}

export function getCoverage(tenant: string | null, signal: AbortSignal): Promise<Reply<Coverage>> {
  return get('/api/view/v1/coverage', tenant, signal, parseCoverage);
}

export function getJoinRules(
  tenant: string | null,
  signal: AbortSignal,
): Promise<Reply<JoinRule[]>> {
  return get('/api/view/v1/joins', tenant, signal, parseRules);
}

export function getDiagnosis(
  service: string,
  tenant: string | null,
  signal: AbortSignal,
): Promise<Reply<Diagnosis>> {
  const query = new URLSearchParams({ service });
  return get(`/api/view/v1/joins?${query}`, tenant, signal, parseDiagnosis);
}

/** Why strips of a node are empty: the names it goes by, who tells something of it, what would fill them. */
export interface NodeDiagnosis {
  readonly names: readonly string[];
  readonly sources: readonly string[];
  readonly services: number;
  readonly missing: readonly MissingSignal[];
}

export function getNodeDiagnosis(
  node: string,
  tenant: string | null,
  signal: AbortSignal,
): Promise<Reply<NodeDiagnosis>> {
  const query = new URLSearchParams({ node });
  return get(`/api/view/v1/joins?${query}`, tenant, signal, (data) => {
    const from = fields(data, 'data');
    return {
      names: listOrEmpty(from['names'], 'data.names', text),
      sources: listOrEmpty(from['sources'], 'data.sources', text),
      services: numberOrNull(from['services'], 'data.services') ?? 0,
      missing: listOrEmpty(from['missing'], 'data.missing', parseMissing),
    };
  });
}

/** Puts a proposal into force; answers with all rules. */
export function applyJoin(
  rule: Pick<JoinRule, 'when' | 'is' | 'id'>,
  tenant: string | null,
): Promise<Reply<JoinRule[]>> {
  const { when, is, id } = rule;
  return post('/api/view/v1/joins', { when, is, id }, tenant, parseRules);
}

function parseMissing(value: unknown, path: string): MissingSignal {
  const of = fields(value, path);
  return {
    signal: text(of['signal'], `${path}.signal`),
    unlocks: textOr(of['unlocks'], '', `${path}.unlocks`),
    services: numberOrNull(of['services'], `${path}.services`) ?? 0,
    metrics: listOrEmpty(of['metrics'], `${path}.metrics`, text),
  };
}

export function parseCoverage(data: unknown): Coverage {
  const from = fields(data, 'data');
  const summary = fields(from['summary'], 'data.summary');
  const count = (key: string) => numberOrNull(summary[key], `data.summary.${key}`) ?? 0;
  return {
    summary: {
      services: count('services'),
      joined: count('joined'),
      partial: count('partial'),
      alone: count('alone'),
      nodes: count('nodes'),
      containers: count('containers'),
      containersOfNoService: count('containersOfNoService'),
    },
    sources: Object.entries(fields(from['sources'] ?? {}, 'data.sources'))
      .map(([name, services]) => ({ name, services: number(services, `data.sources.${name}`) }))
      .sort((a, b) => b.services - a.services || a.name.localeCompare(b.name)),
    services: listOrEmpty(from['services'], 'data.services', parseService),
    missing: listOrEmpty(from['missing'], 'data.missing', parseMissing),
    unused: listOrEmpty(from['unused'], 'data.unused', (each, path) => {
      const of = fields(each, path);
      return {
        metric: text(of['metric'], `${path}.metric`),
        series: numberOrNull(of['series'], `${path}.series`) ?? 0,
      };
    }),
  };
}

function parseService(value: unknown, path: string): CoveredService {
  const from = fields(value, path);
  const count = (key: string) => numberOrNull(from[key], `${path}.${key}`) ?? 0;
  return {
    id: text(from['id'], `${path}.id`),
    join: joinOf(from['join'], `${path}.join`),
    instances: count('instances'),
    containers: count('containers'),
    processes: count('processes'),
    pods: count('pods'),
    nodes: count('nodes'),
    sources: listOrEmpty(from['sources'], `${path}.sources`, text),
    has: listOrEmpty(from['has'], `${path}.has`, text),
    lacks: listOrEmpty(from['lacks'], `${path}.lacks`, text),
  };
}

function joinOf(value: unknown, path: string): Join {
  if (value === 'joined' || value === 'partial' || value === 'alone') return value;
  throw new DecodeError(path, 'joined, partial or alone', value);
}

function parseRules(data: unknown): JoinRule[] {
  return listOrEmpty(fields(data, 'data')['rules'], 'data.rules', parseRule);
}

function parseRule(value: unknown, path: string): JoinRule {
  const from = fields(value, path);
  return {
    when: text(from['when'], `${path}.when`),
    is: text(from['is'], `${path}.is`),
    id: text(from['id'], `${path}.id`),
    yaml: textOr(from['yaml'], '', `${path}.yaml`),
  };
}

export function parseProposal(value: unknown, path: string): Proposal {
  const of = fields(value, path);
  return {
    ...parseRule(value, path),
    why: textOr(of['why'], '', `${path}.why`),
    certainty: textOr(of['certainty'], '', `${path}.certainty`),
    instances: numberOrNull(of['instances'], `${path}.instances`) ?? 0,
  };
}

export function parseDiagnosis(data: unknown): Diagnosis {
  const from = fields(data, 'data');
  return {
    service: text(from['service'], 'data.service'),
    joined: from['joined'] === true,
    key: textOr(from['key'], '', 'data.key'),
    left: Object.entries(fields(from['left'] ?? {}, 'data.left')).map(([label, values]) => ({
      label,
      values: listOrEmpty(values, `data.left.${label}`, text),
    })),
    right: Object.entries(fields(from['right'] ?? {}, 'data.right')).map(([kind, value]) => {
      const of = fields(value, `data.right.${kind}`);
      return {
        kind,
        count: numberOrNull(of['count'], `data.right.${kind}.count`) ?? 0,
        examples: listOrEmpty(of['examples'], `data.right.${kind}.examples`, text),
      };
    }),
    proposals: listOrEmpty(from['proposals'], 'data.proposals', parseProposal),
    rules: listOrEmpty(from['rules'], 'data.rules', parseRule),
  };
}
