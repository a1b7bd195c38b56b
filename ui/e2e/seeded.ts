/** A browser over seeded replies, for the tests of one file: every state can be had at will. */
import type { Browser, Page } from 'playwright-core';
import type { PreviewServer } from 'vite';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { chromiumPath, type Look, launch, needsChromium, Pane } from './browser';
import { serveFixture } from './fixture';

/** Registers what begins and ends browser and server around the tests of the file that calls it. */
export function seeded() {
  let browser: Browser;
  let server: PreviewServer;
  let base = '';
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
  return {
    open: (path: string, look: Look = {}): Promise<Pane> => Pane.open(browser, path, look, base),
    /** The whole address of a path. */
    at: (path: string): string => base + path,
  };
}

/** Ends a pane, whose console must have said no error but those permitted. */
export async function leave(pane: Pane, permitted = /^$/): Promise<void> {
  expect(pane.errors.filter((error) => !permitted.test(error))).toEqual([]);
  await pane.close();
}

/** Path and search as they stand in the address. */
export function pressed(page: Page): Promise<string> {
  return page.evaluate(() => location.pathname + location.search);
}

/** Nothing is being asked for and nothing being loaded any more. */
export async function settled(page: Page): Promise<void> {
  await page.waitForFunction(
    () =>
      document.querySelector('main :is(h1, h2)') !== null &&
      [...document.querySelectorAll('main [role="status"]')].every(
        (each) => !/Asking|Loading/.test(each.textContent ?? ''),
      ),
  );
}
