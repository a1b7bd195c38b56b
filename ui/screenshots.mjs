// Takes the pictures of docs/screenshots from a running server: node screenshots.mjs [http://127.0.0.1:7070 [NAME …]]
// The server: throughline up --demo, with an Alertmanager among `rules.alertmanagers`. The knob should have been turned a minute before (throughline demo knob cpu
// checkout 0.05).
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const base = process.argv[2] ?? 'http://127.0.0.1:7070';
const folder = fileURLToPath(new URL('../docs/screenshots', import.meta.url));
const expression =
  'histogram_quantile(0.99, sum by (job) (rate(http_server_request_duration_seconds[30s])))';
const histogram = 'sum(rate(http_server_request_duration_seconds[30s]))';
const overview = await (await fetch(`${base}/api/view/v1/services`)).json();
const node = overview.data.nodes[0]?.id ?? '';
const wanted = process.argv.slice(3);
const pages = [
  ['overview', '/?last=5m'],
  ['service-throttled', '/s/shop/checkout?last=5m'],
  ['node', `/n/${encodeURIComponent(node)}?last=5m`],
  ['explore', `/explore?last=5m&expr=${encodeURIComponent(expression)}`],
  ['explore-heatmap', `/explore?last=5m&view=heatmap&expr=${encodeURIComponent(histogram)}`],
  ['map', '/map'],
  ['alerts', '/alerts'],
  ['history', '/alerts/history'],
  ['silences', '/silences'],
  ['rules', '/rules?last=5m'],
  ['objectives', '/objectives?last=5m'],
  ['coverage', '/coverage'],
].filter(([name]) => wanted.length === 0 || wanted.includes(name));
const sizes = [
  ['', { width: 1440, height: 900 }],
  ['-phone', { width: 390, height: 844 }],
];

mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.THROUGHLINE_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
});
for (const [suffix, viewport] of sizes) {
  const context = await browser.newContext({
    viewport,
    colorScheme: 'dark',
    timezoneId: 'UTC',
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  for (const [name, path] of pages) {
    await page.goto(base + path);
    const kind = name.split('-')[0];
    const painted = await page
      .waitForFunction((mark) => performance.getEntriesByName(`painted ${mark}`).length > 0, kind)
      .catch(() => null);
    if (painted === null) {
      console.error(`${path} was not painted, and its picture is as it was`);
      continue;
    }
    // The editor's colours come with its own chunk.
    if (kind === 'explore') await page.locator('.cm-content').waitFor();
    if (kind === 'rules') await page.getByRole('button', { name: 'draw' }).nth(1).click();
    // What a page draws of its own accord comes a moment later.
    if (['rules', 'alerts', 'objectives'].includes(kind)) {
      await page
        .locator('figure canvas')
        .first()
        .waitFor({ timeout: 5000 })
        .catch(() => undefined);
    }
    const plot = page.locator('[data-strip="requests"] .plot');
    if (suffix === '' && (await plot.count()) > 0) {
      const box = await plot.boundingBox();
      if (box !== null) await page.mouse.move(box.x + box.width * 0.8, box.y + 20);
    }
    await page.screenshot({
      path: join(folder, `${name}${suffix}.png`),
      fullPage: !['rules', 'coverage', 'history'].includes(kind),
    });
  }
  await context.close();
}
await browser.close();
