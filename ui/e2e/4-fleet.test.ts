/** The overview of 5,000 services, written to a real server and served by it. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { chromiumPath, launch, needsChromium, Pane, report, until } from './browser';
import { writeFleet } from './fleet';
import { frameCosts, scrollFrames } from './frames';

const count = 5000;
const tenant = 'fleet';
let browser: Browser;

beforeAll(async () => {
  if (chromiumPath === null) return;
  browser = await launch();
  await writeFleet(inject('base'), tenant, count);
  await until('the view knows the fleet', async () => {
    const path = `/api/view/v1/services?layout=columns&spark=none`;
    const reply = await fetch(inject('base') + path, { headers: { 'X-Scope-OrgID': tenant } });
    const body = (await reply.json()) as { data: { services: { id: string[] } } };
    return body.data.services.id.length === count;
  });
});
afterAll(async () => browser?.close());
beforeEach(needsChromium);

describe('a pane in Chromium: a fleet', () => {
  test('of 200 services is painted, warm, and says how long that took', async () => {
    const base = inject('base');
    await writeFleet(base, 'hundreds', 200);
    const pane = await Pane.open(browser, '/?tenant=hundreds');
    const { page } = pane;
    await page.getByText('200, worst first').waitFor();
    const paintedMs: number[] = [];
    for (let run = 0; run < 5; run++) {
      await page.reload();
      const painted = await page.waitForFunction(
        () => performance.getEntriesByName('painted overview')[0]?.startTime ?? null,
      );
      paintedMs.push(Math.round((await painted.jsonValue()) ?? Number.NaN));
    }
    // Figures to read, not to pass or fail by: the machine may be busy.
    report('overview of 200 services painted, warm', `${paintedMs.sort((a, b) => a - b)} ms`);
    expect(await page.locator('[data-index]').count()).toBeGreaterThan(10);
    expect(pane.errors).toEqual([]);
    await pane.close();
  });

  test('of 5,000 services scrolls within the budget of a frame, on at most 60 rows', async () => {
    const pane = await Pane.open(browser, `/?tenant=${tenant}`);
    const { page } = pane;
    const rows = page.locator('[data-index]');
    await rows.first().waitFor();
    const table = page.getByRole('table', { name: 'Services, worst first' });
    expect(await table.getAttribute('aria-rowcount')).toBe(String(count + 1));

    const { frames, byKind } = await frameCosts(browser, page, () => scrollFrames(page, 240, 132));

    expect(await rows.count()).toBeLessThanOrEqual(60);
    expect(Number(await rows.first().getAttribute('data-index'))).toBeGreaterThan(0);
    const at = (q: number) => (frames[Math.floor(frames.length * q)] ?? Number.NaN).toFixed(1);
    report(
      'overview of 5,000 served services, script and layout of a scrolled frame (CPU time)',
      `p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, worst ${at(0.999)} ms of ${frames.length} frames`,
    );
    report(
      'where these frames went, in ms',
      Object.entries(byKind)
        .map(([kind, ms]) => `${kind} ${Math.round(ms)}`)
        .join(', '),
    );
    expect(pane.errors).toEqual([]);
    await pane.close();
  });
});
