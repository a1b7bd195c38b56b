/** How the page of a service asks: what is late once more, what is new alone; in Chromium over seeded replies. */
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { until } from './browser';
import { leave, seeded } from './seeded';

const { open, at } = seeded();
const asked = '/api/view/v1/services/';

/** What the page asks the server for from now on. */
function questions(page: Page): string[] {
  const all: string[] = [];
  page.on('request', (request) => {
    if (request.url().includes(asked)) all.push(request.url());
  });
  return all;
}

describe('a pane in Chromium: the page of a service', () => {
  test('asks once more for a strip that was late, of a span that lies in the past too', async () => {
    const pane = await open('/elsewhere');
    const { page } = pane;
    const all = questions(page);
    const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
    await page.goto(at(`/s/shop/checkout?tenant=late&from=${ago(10)}&to=${ago(5)}`));
    await page.getByRole('link', { name: 'back to live' }).first().waitFor();
    await page.locator('[data-strip="cpu"] canvas').first().waitFor();
    expect(all).toHaveLength(2);
    await leave(pane);
  });

  test('asks for new columns alone once it has all', async () => {
    const pane = await open('/elsewhere');
    const { page } = pane;
    const all = questions(page);
    await page.goto(at('/s/shop/checkout?tenant=late&last=3m'));
    await until('three lots of new columns were asked for', async () => all.length >= 5);
    const isWhole = (url: string) => !url.includes('since=');
    expect(all.filter(isWhole)).toHaveLength(2);
    expect(all.slice(0, 2).every(isWhole)).toBe(true);
    await leave(pane);
  });
});
