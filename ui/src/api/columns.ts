/**
 * The overview in its layout by columns: a fleet of thousands arrives as some arrays. A row is put together
 * when it is looked at, and of thousands few are.
 */
import { parseChange, parseSuspect } from './change';
import {
  type Column,
  column,
  DecodeError,
  fields,
  list,
  listOrEmpty,
  numberOrNull,
  text,
  textOr,
} from './decode';
import type { Change, EntitySummary, Signal, Suspect } from './model';

interface SignalColumns {
  readonly unit: string;
  readonly value: Column;
  /** Places in the reply's texts; 0 is "", which for a reason means that the cell is measured. */
  readonly reason: Column;
  readonly lower: Column;
  readonly upper: Column;
  readonly limit: Column;
  readonly limitReason: Column;
  readonly resource: Column;
  /** Sparks of the rows from `sparkFirst` on; of all others the reply has none. */
  readonly sparkFirst: number;
  readonly spark: readonly Column[];
}

interface Table {
  readonly ids: readonly string[];
  readonly names: readonly string[];
  readonly namespaces: readonly string[];
  readonly instanceCounts: Column;
  readonly lastSeenMs: Column;
  readonly lastChanges: readonly (Change | null)[];
  readonly topSuspects: readonly (Suspect | null)[];
  readonly signals: readonly (readonly [string, SignalColumns])[];
  readonly texts: readonly string[];
}

class ColumnRow implements EntitySummary {
  private cells: Readonly<Record<string, Signal>> | null = null;

  constructor(
    private readonly table: Table,
    private readonly index: number,
  ) {}

  get id(): string {
    return this.table.ids[this.index] ?? '';
  }

  get name(): string {
    return this.table.names[this.index] ?? this.id;
  }

  get namespace(): string {
    return this.table.namespaces[this.index] ?? '';
  }

  get instanceCount(): number {
    return this.table.instanceCounts[this.index] ?? 0;
  }

  get lastSeenMs(): number | null {
    return this.table.lastSeenMs[this.index] ?? null;
  }

  get lastChange(): Change | null {
    return this.table.lastChanges[this.index] ?? null;
  }

  get topSuspect(): Suspect | null {
    return this.table.topSuspects[this.index] ?? null;
  }

  get signals(): Readonly<Record<string, Signal>> {
    this.cells ??= Object.fromEntries(
      this.table.signals.map(([name, of]) => [name, cell(of, this.index, this.table.texts)]),
    );
    return this.cells;
  }
}

function cell(of: SignalColumns, index: number, texts: readonly string[]): Signal {
  const reason = of.reason[index] ?? 0;
  const value = of.value[index] ?? null;
  if (reason !== 0 || value === null) {
    return { kind: 'not-measured', reason: texts[reason] || 'no value in this window' };
  }
  return {
    kind: 'measured',
    value,
    unit: of.unit,
    lower: of.lower[index] ?? null,
    upper: of.upper[index] ?? null,
    limit: of.limit[index] ?? null,
    limitReason: texts[of.limitReason[index] ?? 0] || null,
    resource: texts[of.resource[index] ?? 0] || null,
    spark: of.spark[index - of.sparkFirst] ?? [],
  };
}

/** One of the reply's tables, `services` or `nodes`. */
export function parseColumnRows(
  value: unknown,
  path: string,
  texts: readonly string[],
): EntitySummary[] {
  const from = fields(value, path);
  const ids = from['id'] === undefined ? [] : list(from['id'], `${path}.id`, text);
  const signals = Object.entries(fields(from['signals'] ?? {}, `${path}.signals`)).map(
    ([name, signal]) => [name, parseSignal(signal, `${path}.signals.${name}`, ids.length)] as const,
  );
  const table: Table = {
    ids,
    names: from['name'] === undefined ? ids : list(from['name'], `${path}.name`, text),
    namespaces:
      from['namespace'] === undefined
        ? []
        : list(from['namespace'], `${path}.namespace`, (each, at) => textOr(each, '', at)),
    instanceCounts: column(from['instanceCount'], `${path}.instanceCount`),
    lastSeenMs: column(from['lastSeenMs'], `${path}.lastSeenMs`),
    lastChanges: listOrEmpty(from['lastChange'], `${path}.lastChange`, (each, at) =>
      each === null ? null : parseChange(each, at),
    ),
    topSuspects: listOrEmpty(from['topSuspect'], `${path}.topSuspect`, parseSuspect),
    signals,
    texts,
  };
  return ids.map((_, index) => new ColumnRow(table, index));
}

function parseSignal(value: unknown, path: string, rows: number): SignalColumns {
  const from = fields(value, path);
  const values = column(from['value'], `${path}.value`);
  if (values.length !== rows)
    throw new DecodeError(`${path}.value`, `${rows} values`, values.length);
  return {
    unit: textOr(from['unit'], '', `${path}.unit`),
    value: values,
    reason: column(from['reason'], `${path}.reason`),
    lower: column(from['lower'], `${path}.lower`),
    upper: column(from['upper'], `${path}.upper`),
    limit: column(from['limit'], `${path}.limit`),
    limitReason: column(from['limitReason'], `${path}.limitReason`),
    resource: column(from['resource'], `${path}.resource`),
    sparkFirst: numberOrNull(from['sparkFirst'], `${path}.sparkFirst`) ?? 0,
    spark: from['spark'] === undefined ? [] : list(from['spark'], `${path}.spark`, column),
  };
}
