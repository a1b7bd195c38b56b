/**
 * Decoders from `unknown`: the only way a reply becomes a typed value. Each names the place of what it
 * refuses, so that a page can say which field of which reply was wrong.
 */
export class DecodeError extends Error {
  constructor(path: string, wanted: string, got: unknown) {
    super(`${path}: wanted ${wanted}, got ${describe(got)}`);
    this.name = 'DecodeError';
  }
}

export type Fields = Readonly<Record<string, unknown>>;

function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

export function fields(value: unknown, path: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new DecodeError(path, 'an object', value);
  }
  return value as Fields;
}

export function text(value: unknown, path: string): string {
  if (typeof value !== 'string') throw new DecodeError(path, 'a string', value);
  return value;
}

export function textOr(value: unknown, fallback: string, path: string): string {
  return value === undefined || value === null ? fallback : text(value, path);
}

export function number(value: unknown, path: string): number {
  if (typeof value !== 'number') throw new DecodeError(path, 'a number', value);
  return value;
}

export function numberOrNull(value: unknown, path: string): number | null {
  return value === undefined || value === null ? null : number(value, path);
}

export function list<T>(
  value: unknown,
  path: string,
  item: (value: unknown, path: string) => T,
): T[] {
  if (!Array.isArray(value)) throw new DecodeError(path, 'a list', value);
  return value.map((each, index) => item(each, `${path}[${index}]`));
}

/** An absent list is an empty one: a reply may leave out what it has none of. */
export function listOrEmpty<T>(
  value: unknown,
  path: string,
  item: (value: unknown, path: string) => T,
): T[] {
  return value === undefined || value === null ? [] : list(value, path, item);
}

export type Column = readonly (number | null)[];

/** Hot path: a page holds some 100,000 of these numbers. */
export function column(value: unknown, path: string): (number | null)[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new DecodeError(path, 'a list of numbers', value);
  const out = new Array<number | null>(value.length);
  for (let i = 0; i < value.length; i++) {
    const each: unknown = value[i];
    if (each === null) out[i] = null;
    else if (typeof each === 'number') out[i] = each;
    else throw new DecodeError(`${path}[${i}]`, 'a number or null', each);
  }
  return out;
}
