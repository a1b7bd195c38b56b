/** Every state of every page, for everyone: axe and phones, in Chromium over seeded replies. */
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import { describe, expect, test } from 'vitest';
import { leave, seeded, settled } from './seeded';

const { at, open } = seeded();

describe('a pane in Chromium: states', () => {
  test.each([
    ['/?tenant=empty', 'No service has sent anything in this span', /^$/],
    ['/?q=nobody', 'No service’s name holds “nobody”', /^$/],
    ['/?tenant=down', 'The server cannot answer just now', /503/],
    ['/s/no/body', 'No service of this name', /404/],
    ['/alerts?tenant=calm', 'Nothing fires and nothing is pending', /^$/],
    ['/alerts/history?tenant=empty', 'No alert has changed yet', /^$/],
    ['/alerts/history?q=nobody', 'Nothing holds “nobody”', /^$/],
    ['/silences?tenant=lonely', 'No Alertmanager is configured', /^$/],
    ['/rules?tenant=empty', 'No rules yet', /^$/],
    ['/objectives?tenant=empty', 'No objective is set', /^$/],
    ['/coverage?tenant=empty', 'No service was found yet', /^$/],
    ['/coverage?tenant=down', 'The server cannot answer just now', /503/],
    ['/alerts?tenant=norules', 'This server evaluates no rules', /404/],
    ['/map?tenant=empty', 'Nobody is known to call anybody', /^$/],
    ['/elsewhere', 'Nothing lives at /elsewhere', /^$/],
  ])('%s says: %s', async (path, words, permitted) => {
    const pane = await open(path);
    await pane.page.getByRole('heading', { name: words.replace('’', "'") }).waitFor();
    await leave(pane, permitted);
  });

  test('a page that asks for nothing does not say that it asks', async () => {
    const pane = await open('/elsewhere');
    await pane.page.getByRole('heading', { name: 'Nothing lives at /elsewhere' }).waitFor();
    await expect
      .poll(() => pane.page.locator('header p.state').textContent())
      .not.toContain('asking');
    await leave(pane);
  });

  test('what is not measured says why, and is never drawn as zero', async () => {
    const pane = await open('/n/node-3');
    const { page } = pane;
    await page.getByText('/proc/diskstats is not readable: permission denied').waitFor();
    expect(await page.locator('[data-strip="disk"] canvas').count()).toBe(0);
    const disk = page.locator('[data-strip="disk"]');
    await disk.getByRole('button', { name: 'what would fill it' }).click();
    await disk.getByText('node-3, 10.0.0.5').waitFor();
    await disk.getByText('system_disk_io_bytes_total (throughline)').waitFor();
    await leave(pane);
  });

  test('warnings of the server and a clock that is off stand in the header', async () => {
    const pane = await open('/s/shop/checkout?tenant=partial');
    await pane.page.getByText('partition 3 answers 41 s behind').waitFor();
    await pane.page.getByText("the sender's clock is off by 3 s").waitFor();
    await leave(pane);
  });
});

describe('a pane in Chromium: for everyone', () => {
  const pages = [
    '/s/shop/checkout?tenant=partial',
    '/explore?expr=sum(x)',
    '/explore?expr=rate(histogram)&view=heatmap',
    '/alerts',
    '/coverage/shop/inventory',
    '/objectives',
    '/map',
    '/?tenant=small',
    '/rules',
    '/silences',
    '/alerts/history',
    '/s/legacy-erp',
    '/n/node-3',
    '/explore',
    '/explore?expr=nothing',
    '/map/legacy-erp',
    '/map?tenant=empty',
  ];

  test.each(['dark', 'light'] as const)('axe finds nothing serious (%s)', async (scheme) => {
    const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
    const serious: string[] = [];
    const pane = await open('/', { scheme });
    const { page } = pane;
    // Structure is the same in both themes, colours are not: the light one needs fewer pages.
    for (const path of scheme === 'dark' ? pages : pages.slice(0, 6)) {
      await page.goto(at(path));
      await settled(page);
      await page.addScriptTag({ path: axe });
      const results = (await page.evaluate(() =>
        (window as unknown as { axe: { run(): Promise<unknown> } }).axe.run(),
      )) as AxeResults;
      for (const found of results.violations) {
        if (found.impact === 'serious' || found.impact === 'critical') {
          const where = found.nodes.map((node) => node.target.join(' ')).slice(0, 3);
          serious.push(`${path}: ${found.id}: ${where.join(' | ')}`);
        }
      }
    }

    expect(serious).toEqual([]);
    await leave(pane, /404/);
  });

  test('nothing scrolls sideways on a phone', async () => {
    const pane = await open('/', { width: 375, height: 740 });
    const { page } = pane;
    for (const path of [
      ...pages,
      '/explore?expr=many',
      '/?tenant=empty',
      '/silences?tenant=lonely',
    ]) {
      await page.goto(at(path));
      await settled(page);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(wide, `${path} is as wide as`).toBeLessThanOrEqual(375);
    }
    await leave(pane, /404/);
  });
});
