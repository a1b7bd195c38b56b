/** Every state and key of the pane, in Chromium over seeded replies. */
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import type { PreviewServer } from 'vite';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { chromiumPath, launch, needsChromium, Pane, report } from './browser';
import { scriptBytes, serveFixture } from './fixture';

let browser: Browser;
let server: PreviewServer;
let base: string;

beforeAll(async () => {
  if (chromiumPath === null) return;
  ({ base, server } = await serveFixture());
  browser = await launch();
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});
beforeEach(needsChromium);

function open(path: string, look = {}): Promise<Pane> {
  return Pane.open(browser, path, look, base);
}

async function leave(pane: Pane, permitted = /^$/): Promise<void> {
  expect(pane.errors.filter((error) => !permitted.test(error))).toEqual([]);
  await pane.close();
}

function pressed(page: Page): Promise<string> {
  return page.evaluate(() => location.pathname + location.search);
}

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
    await page.goto(`${base}/s/shop/checkout`);
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
    await page.goto(`${base}/coverage`);
    await page.getByRole('link', { name: 'shop/inventory' }).first().waitFor();
    await page.keyboard.press('j');
    await page.locator('tbody tr:first-child :focus').waitFor();
    await leave(pane);
  });
});

describe('a pane in Chromium: explore', () => {
  test('runs what is typed, keeps it in the URL, and shows graph and table', async () => {
    const pane = await open('/explore');
    const { page } = pane;
    await page.getByRole('button', { name: 'p99 latency of each service' }).waitFor();
    const editor = page.locator('.cm-content');
    await editor.click();
    await page.keyboard.type('sum by (job) (rate(x[1m]))');
    await page.keyboard.press('Escape');
    await editor.click();
    await page.keyboard.press('Control+Enter');
    await page.waitForURL(/expr=sum/);
    const rows = page.locator('tbody tr');
    await rows.first().waitFor();
    expect(await rows.count()).toBe(4);

    await page.getByRole('button', { name: 'table' }).click();
    await page.waitForURL(/view=table/);
    await page.getByText('{job="shop/payment"}').waitFor();
    await page.goBack();
    await page.waitForURL((url) => !url.search.includes('view='));
    await page.locator('figure[aria-label="Graph"] canvas').waitFor();
    await leave(pane);
  });

  test('points at what the server could not read', async () => {
    const pane = await open('/explore?expr=sum(rate(x[1m])');
    const { page } = pane;
    await page.getByRole('heading', { name: 'This expression cannot be read' }).waitFor();
    expect(await page.locator('mark').textContent()).toBe(')');
    await page.getByText('unclosed left parenthesis').last().waitFor();
    await leave(pane, /400/);
  });

  test('draws native histograms and classic buckets as a heatmap, and says what a cell holds', async () => {
    const pane = await open('/explore?expr=rate(histogram)');
    const { page } = pane;
    await page.getByRole('link', { name: 'draw a heatmap' }).click();
    await page.waitForURL(/view=heatmap/);
    const plot = page.locator('figure[aria-label="Heatmap"] .plot');
    await plot.focus();
    await page.keyboard.press('ArrowLeft');
    await page.getByText(/\/s between \S+ and \S+/).waitFor();
    await page.goto(`${base}/explore?expr=buckets&view=heatmap`);
    await page.getByText('classic buckets of one series').waitFor();
    await page.getByText('counts since each series began').waitFor();
    await page.goto(`${base}/explore?expr=up&view=heatmap`);
    await page.getByRole('heading', { name: 'Nothing here is a histogram' }).waitFor();
    await leave(pane);
  });

  test('says so where nothing answers, where there is too much, and where lines cannot show it', async () => {
    const pane = await open('/explore?expr=nothing');
    const { page } = pane;
    await page.getByRole('heading', { name: 'No series in this span' }).waitFor();
    await page.goto(`${base}/explore?expr=many`);
    await page.getByText('the first 60 of 200 series').waitFor();
    await page.goto(`${base}/explore?expr=histogram`);
    await page.getByText('4 of 4 series hold native histograms').waitFor();
    await leave(pane);
  });
});

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

describe('a pane in Chromium: alerts', () => {
  test('what fires stands before what is unknown and what waits, each with its reason', async () => {
    const pane = await open('/alerts');
    const { page } = pane;
    await page.getByRole('heading', { name: /firing Slow/ }).waitFor();
    expect(await page.locator('article h2 .state').allTextContents()).toEqual([
      'firing',
      'unknown',
      'pending',
    ]);
    await page.getByText('found duplicate series').waitFor();
    await page.getByText('told 41 s ago').waitFor();
    await page.getByText('not told, tried 7 times').waitFor();
    await page.getByText('by ann until').waitFor();
    // Why the first one fires is drawn from the beginning, against its threshold.
    await page.locator('article .why canvas').waitFor();
    await page.getByText('dashed: > 500').waitFor();
    await leave(pane);
  });

  test('an alert is silenced, found among the silences, and heard again', async () => {
    const pane = await open('/alerts');
    const { page } = pane;
    await page.getByRole('button', { name: 'silence' }).first().click();
    const form = page.getByRole('form', { name: 'Silence' });
    await form.getByLabel('severity').uncheck();
    await form.getByLabel('by').fill('ann');
    await form.getByLabel('because').fill('the limit is being raised');
    await form.getByRole('button', { name: 'Silence' }).click();
    await page.getByRole('link', { name: 'All silences' }).click();
    const row = page.getByRole('row').filter({ hasText: 'the limit is being raised' });
    await row.getByText('alertname="Slow", job="shop/checkout"').waitFor();
    await row.getByRole('button', { name: 'end now' }).click();
    await page.getByRole('heading', { name: 'Ended' }).waitFor();
    await leave(pane);
  });

  test('rules say how they are, and draw what they look at', async () => {
    const pane = await open('/alerts');
    const { page } = pane;
    await page.keyboard.press('g');
    await page.keyboard.press('r');
    await page.waitForURL('**/rules');
    await page.getByText('found duplicate series').waitFor();
    await page.getByRole('button', { name: 'draw' }).first().click();
    await page.locator('figure canvas').waitFor();
    expect(await page.locator('figure [role="img"]').getAttribute('aria-label')).toMatch(
      /^Slow: 4 series between .* threshold 500/,
    );
    await leave(pane);
  });

  test('an objective shows its budget here, in the overview and on the page of its service', async () => {
    const pane = await open('/objectives');
    const { page } = pane;
    const first = page.locator('article').first();
    await first.getByRole('heading', { name: /Checkout is fast burns fast/ }).waitFor();
    await first.locator('canvas').waitFor();
    await page.getByText('its rules have recorded nothing').waitFor();
    await page.goto(`${base}/`);
    // What pages stands first, whatever else is wrong elsewhere.
    const row = page.locator('[data-index="0"]');
    await row.getByText('burns its error budget fast').waitFor();
    expect(await row.locator('[data-of="budget"]').textContent()).toContain('58');
    await row.getByRole('link').click();
    await page.getByRole('link', { name: 'Checkout is fast' }).waitFor();
    await page.getByText('dashed across: objective 300').waitFor();
    await leave(pane);
  });
});

describe('a pane in Chromium: coverage', () => {
  test('says who stands alone, why, and joins it by a click', async () => {
    const pane = await open('/');
    const { page } = pane;
    await page.keyboard.press('g');
    await page.keyboard.press('c');
    await page.waitForURL('**/coverage');
    const row = page.getByRole('row').filter({ hasText: 'shop/inventory' });
    expect(await row.first().locator('.join').textContent()).toBe('alone');
    await row.first().getByRole('link', { name: 'why' }).click();
    await page.waitForURL('**/coverage/shop/inventory');
    const doctor = page.getByRole('region', { name: 'Join doctor' });
    await doctor.getByText('none of them is on target_info').waitFor();
    await doctor.getByText('inventory-x2k1').first().waitFor();
    await doctor.getByRole('button', { name: 'Apply' }).click();
    await doctor.getByText('In force').waitFor();
    await page.getByText('4 joined').waitFor();
    await leave(pane);
  });

  test('an empty strip leads to the doctor, which says what would fill it', async () => {
    const pane = await open('/s/legacy-erp');
    const { page } = pane;
    const strip = page.locator('[data-strip="cpu"]');
    await strip.getByRole('button', { name: 'which key failed' }).click();
    await strip.getByText('no node of that name is reported').waitFor();
    await strip.getByText('container_cpu_usage_seconds_total (cadvisor)').waitFor();
    await leave(pane);
  });
});

describe('a pane in Chromium: the map', () => {
  test('draws who calls whom, says the same as a table, and leads to a service', async () => {
    const pane = await open('/map');
    const { page } = pane;
    const drawn = page.locator('.map .item');
    await drawn.first().waitFor();
    const calls = await page.locator('.map svg path').count();
    expect(calls).toBeGreaterThan(3);

    await page.keyboard.press('t');
    await page.waitForURL(/view=table/);
    expect(await page.locator('tbody tr').count()).toBe(calls);
    await page.keyboard.press('t');
    await drawn.getByRole('link', { name: 'checkout' }).click();
    await page.waitForURL('**/s/shop/checkout');
    await page.getByRole('link', { name: 'map', exact: true }).click();
    await page.waitForURL('**/map/shop/checkout');
    await page.getByRole('heading', { name: 'Map around shop/checkout' }).waitFor();
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
  ];

  test.each(['dark', 'light'] as const)('axe finds nothing serious (%s)', async (scheme) => {
    const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
    const serious: string[] = [];
    const pane = await open('/', { scheme });
    const { page } = pane;
    // Structure is the same in both themes, colours are not: the light one needs fewer pages.
    for (const path of scheme === 'dark' ? pages : pages.slice(0, 6)) {
      await page.goto(base + path);
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
      await page.goto(base + path);
      await settled(page);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(wide, `${path} is as wide as`).toBeLessThanOrEqual(375);
    }
    await leave(pane, /404/);
  });
});

describe('a pane in Chromium: budgets', () => {
  test('loads at most 80 KB of script before the first page, the editor later', async () => {
    const { initial, later } = scriptBytes();
    report('script before the first page, gzipped', `${(initial / 1024).toFixed(1)} KB`);
    report(
      'chunks loaded later, gzipped',
      Object.entries(later)
        .map(([name, size]) => `${name} ${(size / 1024).toFixed(1)} KB`)
        .join(', '),
    );

    expect(initial).toBeLessThanOrEqual(80 * 1024);
    expect(Object.keys(later)).toContain('editor');
  });

  test('the crosshair moves through 12 strips of 20 series of 1,000 columns', async () => {
    const pane = await open('/s/wall?tenant=wall&last=1h', { width: 3000 });
    const { page } = pane;
    await page.locator('[data-strip="strip-11"] canvas').waitFor();
    const took = await page.evaluate(async () => {
      const plot = document.querySelector('[data-strip="strip-0"] .plot');
      if (plot === null) throw new Error('the first strip is not drawn');
      const box = plot.getBoundingClientRect();
      const times: number[] = [];
      for (let i = 0; i < 200; i++) {
        if (i % 5 === 0) await new Promise((next) => requestAnimationFrame(next));
        const clientX = box.left + ((i * 37) % 800);
        const began = performance.now();
        plot.dispatchEvent(
          new PointerEvent('pointermove', { clientX, clientY: box.top + 9, bubbles: true }),
        );
        times.push(performance.now() - began);
      }
      return times.sort((a, b) => a - b);
    });
    report('crosshair over 12 × 20 series, script of a move', quantiles(took));

    const lines = await page
      .locator('[data-strip] .crosshair')
      .evaluateAll((all) => all.map((line) => getComputedStyle(line).transform));
    expect(lines).toHaveLength(12);
    expect(new Set(lines).size).toBe(1);
    await leave(pane);
  });
});

function quantiles(sorted: readonly number[]): string {
  const at = (q: number) => (sorted[Math.floor(sorted.length * q)] ?? Number.NaN).toFixed(1);
  return `p50 ${at(0.5)} ms, p95 ${at(0.95)} ms`;
}

/** Nothing is being asked for and nothing being loaded any more. */
async function settled(page: Page): Promise<void> {
  await page.waitForFunction(
    () =>
      document.querySelector('main :is(h1, h2)') !== null &&
      [...document.querySelectorAll('main [role="status"]')].every(
        (each) => !/Asking|Loading/.test(each.textContent ?? ''),
      ),
  );
}
