/** Where in an expression an error lies, from the server's words `LINE:COLUMN: parse error: …`. */
export interface Place {
  /** Characters [from, to) of the expression. */
  readonly from: number;
  readonly to: number;
  readonly message: string;
}

export function placeOf(expression: string, error: string): Place | null {
  const match = /(?:^|\s)(\d+):(\d+): ([\s\S]*)$/.exec(error);
  if (match === null) return null;
  const line = Number(match[1]);
  const column = Number(match[2]);
  const lines = expression.split('\n');
  if (line < 1 || line > lines.length || column < 1) return null;
  const before = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  const start = before + charactersIn(lines[line - 1] ?? '', column - 1);
  const from = Math.min(start, Math.max(0, expression.length - 1));
  const word = /^[\w:.]+/.exec(expression.slice(from));
  return { from, to: from + (word?.[0].length ?? 1), message: match[3] ?? error };
}

/** The server counts bytes of UTF-8; an expression may hold more than ASCII. */
function charactersIn(line: string, bytes: number): number {
  let counted = 0;
  let characters = 0;
  for (const each of line) {
    if (counted >= bytes) break;
    counted += new TextEncoder().encode(each).length;
    characters += each.length;
  }
  return characters;
}

/** The smallest round step that puts no more than `most` columns into a span. */
export function stepFor(spanMs: number, most: number): number {
  const wanted = spanMs / Math.max(1, most);
  return steps.find((step) => step >= wanted) ?? Math.ceil(wanted / 86_400_000) * 86_400_000;
}

const steps = [
  1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000,
  3_600_000, 7_200_000, 14_400_000, 21_600_000, 43_200_000, 86_400_000,
];
