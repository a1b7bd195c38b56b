/** Why a map is empty (`/calls`) and why an expression finds nothing (`/matchers`). */
import { get, type Reply } from './client';
import { type Proposal, parseProposal } from './coverage';
import { DecodeError, fields, listOrEmpty, number, text, textOr } from './decode';

export interface CallDiagnosis {
  /** What failed, in words; "" where calls are known. */
  readonly key: string;
  readonly edges: number;
  readonly sources: readonly { readonly name: string; readonly series: number }[];
  /** All that the service goes by. */
  readonly names: readonly string[];
  /** Names in calls that no service goes by. */
  readonly strangers: readonly { readonly name: string; readonly calls: number }[];
  readonly proposals: readonly Proposal[];
  /** Metrics that would tell of calls. */
  readonly missing: readonly string[];
}

/** `service` null: of all. */
export function getCallDiagnosis(
  service: string | null,
  tenant: string | null,
  signal: AbortSignal,
): Promise<Reply<CallDiagnosis>> {
  const search = service === null ? '' : `?${new URLSearchParams({ service })}`;
  return get(`/api/view/v1/calls${search}`, tenant, signal, (data) => {
    const from = fields(data, 'data');
    return {
      key: textOr(from['key'], '', 'data.key'),
      edges: number(from['edges'], 'data.edges'),
      sources: Object.entries(fields(from['sources'] ?? {}, 'data.sources')).map(
        ([name, series]) => ({ name, series: number(series, `data.sources.${name}`) }),
      ),
      names: listOrEmpty(from['names'], 'data.names', text),
      strangers: listOrEmpty(from['strangers'], 'data.strangers', (each, path) => {
        const of = fields(each, path);
        return {
          name: text(of['name'], `${path}.name`),
          calls: number(of['calls'], `${path}.calls`),
        };
      }),
      proposals: listOrEmpty(from['proposals'], 'data.proposals', parseProposal),
      missing: listOrEmpty(from['missing'], 'data.missing', text),
    };
  });
}

export type FoundWhen = 'here' | 'at another time' | 'never';

export interface SelectorDiagnosis {
  readonly selector: string;
  readonly found: FoundWhen;
  readonly failed: readonly FailedMatcher[];
  /** Whole expressions in which it finds something. */
  readonly proposals: readonly string[];
}

export interface FailedMatcher {
  /** As PromQL writes it. */
  readonly matcher: string;
  readonly label: string;
  /** Matchers that each find something, and nothing together with this one; empty where it finds nothing alone. */
  readonly beside: readonly string[];
  /** How many values its label has where the other matchers find something. */
  readonly count: number;
  /** The most alike of them. */
  readonly values: readonly string[];
  /** Where those series lack the label: the labels they have. */
  readonly labels: readonly string[];
}

export function getMatcherDiagnosis(
  query: string,
  fromMs: number,
  toMs: number,
  tenant: string | null,
  signal: AbortSignal,
): Promise<Reply<SelectorDiagnosis[]>> {
  const parameters = new URLSearchParams({
    query,
    start: String(Math.floor(fromMs)),
    end: String(Math.ceil(toMs)),
  });
  return get(`/api/view/v1/matchers?${parameters}`, tenant, signal, parseSelectors);
}

export function parseSelectors(data: unknown): SelectorDiagnosis[] {
  return listOrEmpty(fields(data, 'data')['selectors'], 'data.selectors', (each, path) => {
    const of = fields(each, path);
    return {
      selector: text(of['selector'], `${path}.selector`),
      found: foundOf(of['found'], `${path}.found`),
      failed: listOrEmpty(of['failed'], `${path}.failed`, parseFailed),
      proposals: listOrEmpty(of['proposals'], `${path}.proposals`, text),
    };
  });
}

function foundOf(value: unknown, path: string): FoundWhen {
  if (value === 'here' || value === 'at another time' || value === 'never') return value;
  throw new DecodeError(path, 'here, at another time or never', value);
}

function parseFailed(value: unknown, path: string): FailedMatcher {
  const of = fields(value, path);
  return {
    matcher: text(of['matcher'], `${path}.matcher`),
    label: text(of['label'], `${path}.label`),
    beside: listOrEmpty(of['beside'], `${path}.beside`, text),
    count: number(of['count'], `${path}.count`),
    values: listOrEmpty(of['values'], `${path}.values`, text),
    labels: listOrEmpty(of['labels'], `${path}.labels`, text),
  };
}
