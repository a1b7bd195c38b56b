/** What the palette finds: things with a name and a way to open them, best match first. */
export interface Entry {
  readonly kind: 'service' | 'node' | 'page' | 'range' | 'action';
  readonly name: string;
  /** More words it is found by. */
  readonly also?: string;
  readonly open: () => void;
}

/**
 * Every word typed must occur; a name that begins with it stands before one that holds it at the start of
 * a part, and that before one that holds it anywhere. Equal matches keep the order they came in.
 */
export function find(entries: readonly Entry[], typed: string, most: number): Entry[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return entries.slice(0, most);
  const found: { entry: Entry; score: number }[] = [];
  for (const entry of entries) {
    const name = entry.name.toLowerCase();
    const all = `${name} ${entry.also ?? ''}`.toLowerCase();
    let score = 0;
    for (const word of words) {
      const one = scoreOf(name, all, word);
      if (one < 0) {
        score = -1;
        break;
      }
      score += one;
    }
    if (score >= 0) found.push({ entry, score });
  }
  return found
    .sort((a, b) => b.score - a.score)
    .slice(0, most)
    .map(({ entry }) => entry);
}

function scoreOf(name: string, all: string, word: string): number {
  if (name === word) return 4;
  if (name.startsWith(word)) return 3;
  const at = name.indexOf(word);
  if (at > 0 && /[^a-z0-9]/.test(name[at - 1] ?? '')) return 2;
  if (at > 0) return 1;
  return all.includes(word) ? 0 : -1;
}
