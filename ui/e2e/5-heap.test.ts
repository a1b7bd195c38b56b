/**
 * A page that is left open: live refreshes one after the other, as fast as the server answers, and the heap after
 * each lot. `THROUGHLINE_REFRESHES` (1,800 are half an hour of a service's page) makes the run as long as wished.
 */
import type { Browser, CDPSession, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { chromiumPath, launch, needsChromium, Pane, report } from './browser';

const refreshes = Number(process.env['THROUGHLINE_REFRESHES'] ?? 120);
const warmUp = 40;
const readings = 6;
const mostGrowth = 1.2;
let browser: Browser;

beforeAll(async () => {
  if (chromiumPath !== null) browser = await launch();
});
afterAll(async () => browser?.close());
beforeEach(needsChromium);

/** Resolves after so many more replies; `path` is what the page asks for again and again. */
function replies(page: Page, path: string, count: number): Promise<void> {
  return new Promise((resolve) => {
    let left = count;
    const on = (request: { url(): string }) => {
      if (!request.url().includes(path) || --left > 0) return;
      page.off('requestfinished', on);
      resolve();
    };
    page.on('requestfinished', on);
  });
}

/**
 * The least of some readings, a few refreshes apart: a reply that is just being read holds half a MiB of the
 * four a page has. What leaks is in the least as well.
 */
async function heapBytes(session: CDPSession, refreshed: (count: number) => Promise<void>) {
  let least = Number.MAX_SAFE_INTEGER;
  for (let reading = 0; reading < readings; reading++) {
    await refreshed(3);
    // Twice: what the first collection lets go may hold more.
    await session.send('HeapProfiler.collectGarbage');
    await session.send('HeapProfiler.collectGarbage');
    least = Math.min(least, (await session.send('Runtime.getHeapUsage')).usedSize);
  }
  return least;
}

describe('a pane in Chromium: left open', () => {
  test.each([
    // A minute: the window is full of data by now, so that only what leaks grows.
    ['the page of a service', '/s/shop/checkout?last=1m', '/api/view/v1/services/'],
    ['the overview', '/', '/api/view/v1/services?'],
  ])('%s does not grow', async (what, path, asked) => {
    const pane = await Pane.open(browser, '/elsewhere');
    const { page, context } = pane;
    // The pane waits a second or two between questions: here it does not.
    await context.addInitScript(() => {
      const wait = window.setTimeout.bind(window);
      window.setTimeout = ((of: () => void, ms?: number) =>
        wait(of, (ms ?? 0) >= 900 ? 5 : ms)) as typeof window.setTimeout;
    });
    const warm = replies(page, asked, warmUp);
    await page.goto(new URL(path, page.url()).href);
    await warm;
    const session = await context.newCDPSession(page);
    await session.send('HeapProfiler.enable');
    const refreshed = (count: number) => replies(page, asked, count);
    const before = await heapBytes(session, refreshed);

    await refreshed(refreshes);

    const after = await heapBytes(session, refreshed);
    const mib = (bytes: number) => (bytes / (1 << 20)).toFixed(1);
    report(
      `heap of ${what} over ${refreshes} refreshes`,
      `${mib(before)} MiB, then ${mib(after)} MiB (${(100 * (after / before - 1)).toFixed(1)} %)`,
    );
    expect(after / before).toBeLessThan(mostGrowth);
    expect(pane.errors).toEqual([]);
    await pane.close();
  });
});
