/** The pane in a real browser over a real server: this machine and Throughline itself are what it shows. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

let server: ChildProcess;
let browser: Browser;
let base = '';
const data = mkdtempSync(join(tmpdir(), 'throughline-e2e-'));

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (Date.now() < deadline) {
    if (await holds().catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`waited in vain until ${what}`);
}

beforeAll(async () => {
  const port = await freePort();
  base = `http://127.0.0.1:${port}`;
  server = spawn(
    '../throughline',
    [
      'up',
      '--data',
      data,
      '--listen',
      `127.0.0.1:${port}`,
      '--otlp-grpc',
      'off',
      '--otlp-http',
      'off',
    ],
    { stdio: 'ignore' },
  );
  await until('the server is ready', async () => (await fetch(`${base}/-/ready`)).ok);
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-quic',
      '--no-first-run',
    ],
  });
});

afterAll(async () => {
  await browser?.close();
  const ended = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGTERM');
  await ended;
  rmSync(data, { recursive: true, force: true });
});

async function open(path: string): Promise<{ page: Page; errors: string[] }> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  const errors: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(base + path);
  return { page, errors };
}

test('the overview leads to a service whose strips share one crosshair', async () => {
  const { page, errors } = await open('/');
  await page.getByRole('link', { name: 'throughline', exact: true }).click({ timeout: 60_000 });
  await page.waitForURL('**/s/throughline*');
  await page.locator('[data-strip="runtime"]').waitFor({ timeout: 30_000 });

  const strips = await page
    .locator('[data-strip]')
    .evaluateAll((all) => all.map((one) => one.getAttribute('data-strip')));
  expect(strips).toEqual([
    'latency',
    'requests',
    'inflight',
    'cpu',
    'memory',
    'disk',
    'network',
    'pressure',
    'runtime',
  ]);

  const box = await page.locator('[data-strip="requests"] .plot').boundingBox();
  if (box === null) throw new Error('the strip of requests is not drawn');
  await page.mouse.move(box.x + box.width / 2, box.y + 10);
  const lines = await page
    .locator('[data-strip] .crosshair')
    .evaluateAll((all) => all.map((line) => getComputedStyle(line).transform));
  expect(new Set(lines).size).toBe(1);
  expect(lines[0]).not.toBe('none');
  expect(errors).toEqual([]);
  await page.close();
});

test('a name nobody has says so, and the way back is a link', async () => {
  const { page } = await open('/s/nobody/here');
  await page.getByRole('heading', { name: 'No service of this name' }).waitFor({ timeout: 30_000 });
  await page.getByRole('link', { name: 'All services' }).click();
  await page.getByRole('heading', { name: 'Services' }).waitFor({ timeout: 30_000 });
  await page.close();
});
