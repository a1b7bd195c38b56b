/** Alerts, silences, rules and objectives, in Chromium over seeded replies. */
import { describe, expect, test } from 'vitest';
import { leave, seeded } from './seeded';

const { at, open } = seeded();

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
    await page.goto(at('/'));
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
