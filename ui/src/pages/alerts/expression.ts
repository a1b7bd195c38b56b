/** What can be told of an expression by its text: where its threshold is, and in which unit its values are. */

export interface Threshold {
  /** The side that is compared. */
  readonly of: string;
  readonly operator: string;
  readonly value: number;
}

/**
 * `a > 5` parted into `a` and 5. Null where an expression is not one comparison with a number at its end: then
 * only where it holds can be drawn.
 */
export function thresholdOf(expression: string): Threshold | null {
  let depth = 0;
  let quote = '';
  let found: { readonly at: number; readonly operator: string } | null = null;
  for (let i = 0; i < expression.length; i++) {
    const c = expression[i] ?? '';
    if (quote !== '') {
      if (c === '\\' && quote !== '`') i++;
      else if (c === quote) quote = '';
      continue;
    }
    if (c === '"' || c === "'" || c === '`') quote = c;
    else if ('([{'.includes(c)) depth++;
    else if (')]}'.includes(c)) depth--;
    else if (depth === 0) {
      if (/^(and|or|unless)\b/.test(expression.slice(i)) && /\W/.test(expression[i - 1] ?? ' ')) {
        return null;
      }
      const operator = /^(==|!=|>=|<=|>|<)/.exec(expression.slice(i))?.[1];
      if (operator === undefined) continue;
      if (found !== null) return null;
      found = { at: i, operator };
      i += operator.length - 1;
    }
  }
  if (found === null) return null;
  const right = expression.slice(found.at + found.operator.length).trim();
  if (!/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(right)) return null;
  return {
    of: expression.slice(0, found.at).trim(),
    operator: found.operator,
    value: Number(right),
  };
}

/** The unit of what an expression yields, where its names say so; else "". */
export function unitOf(expression: string): string {
  const text = expression.trim();
  if (/^\(.*\)\s*\/\s*\(.*\)$/s.test(text) || /ratio|utilization/.test(lastName(text)))
    return 'ratio';
  if (/\bhistogram_fraction\s*\(/.test(text) && !text.includes('*')) return 'ratio';
  const sides = splitDivision(text);
  if (sides !== null)
    return sides.every((side) => /\b(rate|increase)\s*\(/.test(side)) ? 'ratio' : '';
  if (/\bhistogram_count\s*\(|_(total|count)\b/.test(text) && /\brate\s*\(/.test(text)) {
    if (/_seconds_total\b/.test(text)) return 's/s';
    return /_bytes_total\b/.test(text) ? 'bytes/s' : '1/s';
  }
  if (/\bhistogram_quantile\s*\(/.test(text) || !/\brate\s*\(/.test(text)) {
    if (/_seconds(_bucket)?\b/.test(text) || /p\d+_seconds/.test(text)) return 's';
    if (/_bytes\b/.test(text)) return 'bytes';
  }
  return '';
}

/** A name that was recorded says its unit in the middle: `job:p99_seconds:1m`. */
function lastName(text: string): string {
  return /^[a-zA-Z_:][\w:]*/.exec(text)?.[0] ?? '';
}

function splitDivision(text: string): readonly [string, string] | null {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i] ?? '';
    if ('([{'.includes(c)) depth++;
    else if (')]}'.includes(c)) depth--;
    else if (c === '/' && depth === 0) return [text.slice(0, i), text.slice(i + 1)];
  }
  return null;
}
