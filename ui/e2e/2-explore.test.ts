/** Explore, in Chromium over seeded replies. */
import { describe, expect, test } from 'vitest';
import { leave, seeded } from './seeded';

const { at, open } = seeded();

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
    await page.getByText('which a line cannot show: drawn as a heatmap').waitFor();
    await page.getByRole('button', { name: 'heatmap' }).click();
    await page.waitForURL(/view=heatmap/);
    const plot = page.locator('figure[aria-label="Heatmap"] .plot');
    await plot.focus();
    await page.keyboard.press('ArrowLeft');
    await page.getByText(/\/s between \S+ and \S+/).waitFor();
    await page.goto(at('/explore?expr=buckets&view=heatmap'));
    await page.getByText('classic buckets of one series').waitFor();
    await page.getByText('counts since each series began').waitFor();
    await page.goto(at('/explore?expr=up&view=heatmap'));
    await page.getByRole('heading', { name: 'Nothing here is a histogram' }).waitFor();
    await leave(pane);
  });

  test('says so where nothing answers, and where there is too much', async () => {
    const pane = await open('/explore?expr=nothing');
    const { page } = pane;
    await page.getByRole('heading', { name: 'No series in this span' }).waitFor();
    await page.goto(at('/explore?expr=many'));
    await page.getByText('the first 60 of 200 series').waitFor();
    await leave(pane);
  });
});
