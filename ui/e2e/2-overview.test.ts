/** The overview, its keys, and whose data it shows, in Chromium over seeded replies. */
import { describe, expect, test } from 'vitest';
import { leave, pressed, seeded } from './seeded';

const { at, open } = seeded();

describe('a pane in Chromium: the overview', () => {
  test('draws no more than 60 rows of 5,000 services, wherever it is scrolled to', async () => {
    const pane = await open('/?tenant=fleet', { height: 2400 });
    const { page } = pane;
    const rows = page.locator('[data-index]');
    await rows.first().waitFor();
    const table = page.getByRole('table', { name: 'Services, worst first' });
    expect(await table.getAttribute('aria-rowcount')).toBe('5001');
    expect(await rows.count()).toBeLessThanOrEqual(60);

    await page.evaluate(() => scrollTo(0, 100_000));
    await page.locator('[data-index="2300"]').waitFor();
    expect(await rows.count()).toBeLessThanOrEqual(60);

    await leave(pane);
  });

  test('asks again each two seconds, not sooner', async () => {
    const pane = await open('/?tenant=small');
    const { page } = pane;
    const asked: number[] = [];
    for (let i = 0; i < 2; i++) {
      await page.waitForRequest((request) => request.url().includes('/api/view/v1/services?'));
      asked.push(Date.now());
    }
    expect((asked[1] ?? 0) - (asked[0] ?? 0)).toBeGreaterThan(1500);
    await leave(pane);
  });

  test('is worked with the keyboard alone', async () => {
    const pane = await open('/');
    const { page } = pane;
    await page.locator('[data-index="0"]').waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('k');
    await page.locator('.selected[data-index="0"]').waitFor();

    await page.keyboard.press('/');
    await page.keyboard.type('shop check');
    await page.getByText('1 of 48').waitFor();
    expect(await pressed(page)).toContain('q=shop%20check');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/s/shop/checkout');
    await page.locator('[data-strip="cpu"]').waitFor();

    // The change in this service's past is where `[` leads; Esc lets go of it, then leads up.
    await page.keyboard.press('[');
    await page.waitForURL(/at=/);
    await page.keyboard.press('Escape');
    await page.waitForURL((url) => !url.search.includes('at='));
    await page.locator('[data-strip="cpu"] .plot').focus();
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('t');
    const numbers = page.locator('[data-strip="cpu"] table');
    await numbers.waitFor();
    expect(await numbers.locator('thead th').allTextContents()).toEqual([
      'time',
      'used',
      'limit',
      'throttled',
      'run queue',
    ]);
    await page.keyboard.press('t');
    await numbers.waitFor({ state: 'detached' });

    await page.keyboard.press('c');
    await page.waitForURL(/compare=before/);
    await page.getByText('dotted: then').waitFor();
    await page.keyboard.press('c');
    await page.waitForURL((url) => !url.search.includes('compare'));

    await page.keyboard.press('?');
    await page.getByRole('heading', { name: 'Keys' }).waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('g');
    await page.keyboard.press('e');
    await page.waitForURL('**/explore');
    await leave(pane);
  });

  test('Ctrl-K finds a service, a page and an action', async () => {
    const pane = await open('/alerts');
    const { page } = pane;
    await page.keyboard.press('Control+k');
    const field = page.getByRole('combobox', { name: 'Find' });
    await field.fill('invent');
    await page.getByRole('option', { name: 'shop/inventory' }).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL('**/s/shop/inventory');

    await page.keyboard.press('Control+k');
    await field.fill('light');
    await page.keyboard.press('Enter');
    await page.waitForURL(/theme=light/);
    expect(await page.evaluate(() => document.documentElement.dataset['theme'])).toBe('light');
    await leave(pane);
  });
});

describe('a pane in Chromium: whose data, in which time', () => {
  test('tenant and zone are one click away, stand in the URL, and stay from page to page', async () => {
    const pane = await open('/?tenant=small');
    const { page } = pane;
    await page.getByText('6, worst first').waitFor();
    await page.getByRole('button', { name: 'Tenant: small' }).click();
    await page.getByRole('textbox', { name: 'whose data is shown' }).fill('empty');
    await page.keyboard.press('Enter');
    await page.waitForURL(/tenant=empty/);
    await page.getByRole('heading', { name: 'No service has sent anything' }).waitFor();
    await page.getByRole('button', { name: 'Time zone: local' }).click();
    await page.getByRole('link', { name: 'Alerts', exact: true }).click();
    await page.waitForURL('**/alerts?tz=utc&tenant=empty');
    await leave(pane);
  });

  test('a cluster is chosen beside the tenant, stands in the URL, and leaves its services alone', async () => {
    const pane = await open('/');
    const { page } = pane;
    await page.getByText('48, worst first').waitFor();
    await page.getByRole('button', { name: 'Tenant: default' }).click();
    await page.getByRole('combobox', { name: /^cluster/ }).selectOption('east');
    await page.waitForURL(/cluster=east/);
    await page.keyboard.press('Escape');
    await page.getByText('of cluster east').waitFor();
    expect(
      Number(await page.getByRole('table').first().getAttribute('aria-rowcount')),
    ).toBeLessThan(48);
    await page.getByRole('link', { name: 'show all' }).click();
    await page.getByText('48, worst first').waitFor();
    await page.goto(at('/s/shop/checkout'));
    await page.getByRole('link', { name: 'west', exact: true }).click();
    await page.waitForURL(/\/\?cluster=west/);
    await leave(pane);
  });

  test('j and k go from strip to strip and from row to row', async () => {
    const pane = await open('/s/shop/checkout');
    const { page } = pane;
    await page.locator('[data-strip="cpu"] canvas').first().waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.locator('[data-strip="requests"] .plot:focus').waitFor();
    await page.keyboard.press('k');
    await page.locator('[data-strip="latency"] .plot:focus').waitFor();
    await page.keyboard.press('t');
    await page.locator('[data-strip="latency"] table').waitFor();
    await page.goto(at('/coverage'));
    await page.getByRole('link', { name: 'shop/inventory' }).first().waitFor();
    await page.keyboard.press('j');
    await page.locator('tbody tr:first-child :focus').waitFor();
    await leave(pane);
  });
});
