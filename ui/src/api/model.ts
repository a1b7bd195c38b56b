import type { Column } from './decode';

/** What is known of one signal. Absent is never zero: it comes with its reason. */
export type Signal =
  | {
      readonly kind: 'measured';
      readonly value: number;
      readonly unit: string;
      readonly lower: number | null;
      readonly upper: number | null;
      readonly limit: number | null;
      readonly limitReason: string | null;
      /** Which resource a saturation speaks of. */
      readonly resource: string | null;
      readonly spark: Column;
    }
  | { readonly kind: 'not-measured'; readonly reason: string }
  | { readonly kind: 'pending' };

export interface Change {
  readonly atMs: number;
  readonly text: string;
}

/** What most likely made a service worse, with the numbers that speak for it. */
export interface Suspect {
  readonly text: string;
  readonly symptom: 'p99' | 'errors';
}

export interface EntitySummary {
  readonly id: string;
  readonly name: string;
  readonly namespace: string;
  readonly instanceCount: number;
  readonly lastSeenMs: number | null;
  readonly signals: Readonly<Record<string, Signal>>;
  readonly lastChange: Change | null;
  readonly topSuspect: Suspect | null;
}

/** Clusters and sites by name; empty where no sender names any. */
export interface Where {
  readonly clusters: readonly string[];
  readonly sites: readonly string[];
}

export interface Overview {
  /** All there are, whichever of them is shown. */
  readonly where: Where;
  readonly atMs: number;
  readonly startMs: number;
  readonly stepMs: number;
  readonly services: readonly EntitySummary[];
  readonly nodes: readonly EntitySummary[];
}

export type Role = 'ok' | 'error' | 'usage' | 'limit' | 'wait' | 'quantile' | 'other';

/**
 * One line of a strip. `values` has one number per column; where a column held several samples, `min` and
 * `max` span them and `values` is the larger. `lower` and `upper` bound a quantile.
 */
export interface Series {
  readonly name: string;
  readonly role: Role;
  readonly unit: string;
  /** Why this one line of a measured strip is not there; null where it is. */
  readonly missing: string | null;
  readonly values: Column;
  readonly min: Column | null;
  readonly max: Column | null;
  readonly lower: Column | null;
  readonly upper: Column | null;
}

/** Column c holds `bucket, count` pairs; bucket i covers (bounds[i], bounds[i + 1]]; the last bound may be infinite. */
export interface Heatmap {
  readonly bounds: readonly number[];
  readonly columns: readonly (readonly number[])[];
}

export type StripState =
  | { readonly kind: 'measured' }
  | { readonly kind: 'not-measured'; readonly reason: string }
  | { readonly kind: 'pending' };

export interface Strip {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly state: StripState;
  readonly startMs: number;
  readonly stepMs: number;
  /** What to know about it besides, such as "2 of 5 instances are not measured". */
  readonly notes: readonly string[];
  readonly series: readonly Series[];
  readonly heatmap: Heatmap | null;
}

export interface Instance {
  readonly id: string;
  readonly host: string | null;
  readonly container: string | null;
  readonly lastSeenMs: number | null;
}

export interface Neighbour {
  readonly id: string;
  readonly name: string;
  readonly rate: number | null;
  readonly errors: number | null;
  readonly p99: number | null;
  /** Known only by the calls to it: it has no page. */
  readonly isOutside: boolean;
}

/** The reply of a service's or a node's page: everything it draws. */
export interface EntityPage {
  readonly kind: 'service' | 'node';
  readonly id: string;
  readonly name: string;
  readonly namespace: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
  /** Nothing after this is complete yet. */
  readonly rightEdgeMs: number;
  readonly skewMs: number | null;
  readonly where: Where;
  readonly instances: readonly Instance[];
  readonly callers: readonly Neighbour[];
  readonly callees: readonly Neighbour[];
  readonly nodes: readonly Neighbour[];
  readonly services: readonly Neighbour[];
  readonly changes: readonly Change[];
  readonly strips: readonly Strip[];
}

/** Who calls whom: items in layers from left to right, and the calls between them. */
export interface ServiceMap {
  readonly items: readonly MapItem[];
  readonly edges: readonly MapEdge[];
  /** Items left out, least traffic first, by kind and layer. */
  readonly folded: readonly {
    readonly kind: 'service' | 'node';
    readonly layer: number;
    readonly count: number;
  }[];
}

export interface MapItem {
  readonly id: string;
  readonly name: string;
  readonly kind: 'service' | 'node';
  readonly layer: number;
  readonly isOutside: boolean;
  readonly signals: Readonly<Record<string, Signal>>;
}

export interface MapEdge {
  readonly from: string;
  readonly to: string;
  readonly kind: 'calls' | 'runs-on';
  readonly rate: number | null;
  readonly errors: number | null;
  readonly p99: number | null;
}
