/** What changed, and who is suspected: in words the server found. */
import { fields, numberOrNull, text, textOr } from './decode';
import type { Change, Suspect } from './model';

/** A change is text already, or an object with a time and words. */
export function parseChange(value: unknown, path: string): Change {
  if (typeof value === 'string') return { atMs: Number.NaN, text: value };
  const from = fields(value, path);
  return {
    atMs: numberOrNull(from['atMs'] ?? from['timeMs'], `${path}.atMs`) ?? Number.NaN,
    text: textOr(from['text'] ?? from['summary'] ?? from['title'], 'a change', `${path}.text`),
  };
}

export function parseSuspect(value: unknown, path: string): Suspect | null {
  if (value === undefined || value === null) return null;
  const from = fields(value, path);
  return {
    text: text(from['text'], `${path}.text`),
    symptom: from['symptom'] === 'errors' ? 'errors' : 'p99',
  };
}
