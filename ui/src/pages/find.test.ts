import { describe, expect, it } from 'vitest';
import { type Entry, find } from './find';

function entries(...names: string[]): Entry[] {
  return names.map((name) => ({ kind: 'service', name, open: () => undefined }));
}

function found(of: readonly Entry[], typed: string): string[] {
  return find(of, typed, 10).map((entry) => entry.name);
}

describe('the palette', () => {
  it('puts a name that begins as typed before one that holds it', () => {
    const all = entries('shop/checkout', 'echeck', 'checker', 'shop/web');

    expect(found(all, 'check')).toEqual(['checker', 'shop/checkout', 'echeck']);
  });

  it('wants every word', () => {
    expect(found(entries('shop/web', 'shop/checkout', 'web'), 'shop web')).toEqual(['shop/web']);
  });

  it('shows the first of all where nothing is typed', () => {
    expect(find(entries('a', 'b', 'c'), ' ', 2)).toHaveLength(2);
  });

  it('finds by other words too', () => {
    const dark: Entry = {
      kind: 'action',
      name: 'Dark theme',
      also: 'night',
      open: () => undefined,
    };

    expect(found([dark], 'night')).toEqual(['Dark theme']);
  });
});
