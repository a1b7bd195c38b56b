/** What the browser tests share: Chromium, pages that remember what went wrong in them, waiting. */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { inject, type TestContext } from 'vitest';

const candidates = [
  process.env['THROUGHLINE_CHROMIUM'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Null where there is no Chromium: the tests are then left out, and say so. */
export const chromiumPath: string | null =
  candidates.find((path) => path !== '' && existsSync(path)) ?? null;

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath ?? '',
    args: [
      // CI is root in a container; what is opened is our own server on this machine.
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-quic',
      '--no-first-run',
    ],
  });
}

/** Leaves a test out, with the reason where the report of all tests finds it. */
export function leaveOut(context: TestContext, reason: string): never {
  Object.assign(context.task.meta, { reason });
  context.skip(reason);
}

export function needsChromium(context: TestContext): void {
  if (chromiumPath === null) {
    leaveOut(context, `no Chromium at ${candidates.filter(Boolean).join(', ')}`);
  }
}

export interface Look {
  readonly width?: number;
  readonly height?: number;
  readonly scheme?: 'dark' | 'light';
}

/** A page that fails its test where its console says an error. */
export class Pane {
  readonly errors: string[] = [];

  private constructor(
    readonly context: BrowserContext,
    readonly page: Page,
  ) {
    page.on('console', (message) => {
      if (message.type() === 'error')
        this.errors.push(`${message.text()} (${message.location().url})`);
    });
    page.on('pageerror', (error) => this.errors.push(error.message));
  }

  static async open(
    browser: Browser,
    path: string,
    look: Look = {},
    base: string = inject('base'),
  ): Promise<Pane> {
    const context = await browser.newContext({
      viewport: { width: look.width ?? 1440, height: look.height ?? 900 },
      colorScheme: look.scheme ?? 'dark',
      timezoneId: 'UTC',
      reducedMotion: 'reduce',
    });
    const pane = new Pane(context, await context.newPage());
    // Far more than anything here takes, even where two cores are shared with a build.
    pane.page.setDefaultTimeout(45_000);
    await pane.page.goto(base + path);
    return pane;
  }

  close(): Promise<void> {
    return this.context.close();
  }
}

export async function until(what: string, holds: () => Promise<boolean>, forMs = 300_000) {
  const deadline = Date.now() + forMs;
  let last: unknown = null;
  while (Date.now() < deadline) {
    try {
      if (await holds()) return;
    } catch (error) {
      if (error instanceof Error && error.name === 'Stopped') throw error;
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(
    `waited ${forMs / 1000} s in vain until ${what}${last === null ? '' : `: ${last}`}`,
  );
}

/** Where screenshots go: `THROUGHLINE_SCREENSHOTS` (for docs/), else beside what else was built. */
export function screenshotPath(name: string): string {
  const file = join(process.env['THROUGHLINE_SCREENSHOTS'] ?? 'target/screenshots', `${name}.png`);
  mkdirSync(dirname(file), { recursive: true });
  return file;
}

/** A measured figure, in the output of the run: to be read and quoted, never to fail by. */
export function report(what: string, figure: string): void {
  console.log(`measured: ${what}: ${figure}`);
}
