/** The promise of the product: one turns a knob and sees the resource and the wait move on one axis. */
import { execFileSync } from 'node:child_process';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import {
  chromiumPath,
  launch,
  leaveOut,
  needsChromium,
  Pane,
  screenshotPath,
  until,
} from './browser';

interface Series {
  readonly name: string;
  readonly values?: readonly (number | null)[];
  readonly max?: readonly (number | null)[];
}
interface Strip {
  readonly id: string;
  readonly startMs: number;
  readonly stepMs: number;
  readonly series: readonly Series[];
}

let browser: Browser;
beforeAll(async () => {
  if (chromiumPath !== null) browser = await launch();
});
afterAll(async () => browser?.close());
beforeEach(needsChromium);

function turn(...words: string[]): string {
  return execFileSync('../throughline', ['demo', ...words, '--data', inject('data')], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function strips(): Promise<Strip[]> {
  const path = '/api/view/v1/services/shop%2Fcheckout?window=180&points=180';
  const body = (await (await fetch(inject('base') + path)).json()) as { data: { strips: Strip[] } };
  return body.data.strips;
}

/** The median of a series' columns in a span of time; null where fewer than three are measured. */
function median(of: readonly Strip[], strip: string, name: string, fromMs: number, toMs: number) {
  const found = of.find((each) => each.id === strip);
  const series = found?.series.find((each) => each.name === name);
  const values = (series?.max ?? series?.values ?? []).filter((value, i): value is number => {
    const atMs = (found?.startMs ?? 0) + i * (found?.stepMs ?? 0);
    return value !== null && atMs >= fromMs && atMs < toMs;
  });
  return values.length < 3 ? null : (values.sort((a, b) => a - b)[values.length >> 1] ?? null);
}

describe('the CPU knob in Chromium', () => {
  test('raises p99 and throttling on the same axis', async (context) => {
    if (!turn('status').includes('cgroup')) {
      leaveOut(context, 'no writable cgroup cpu controller: the demo has no quota to set');
    }
    const pane = await Pane.open(browser, '/s/shop/checkout?last=3m');
    const { page } = pane;
    await page.locator('[data-strip="cpu"]').waitFor();
    // What is compared with: some seconds of the shop as it comes.
    await until('ten seconds of latency are known', async () => {
      const now = Date.now();
      return median(await strips(), 'latency', 'p99', now - 12_000, now) !== null;
    });
    const turnedMs = Date.now();
    turn('knob', 'cpu', 'checkout', '0.05');

    let before: Record<string, number | null> = {};
    let after: Record<string, number | null> = {};
    try {
      await until(
        'p99 has doubled and the service is throttled or waits in the run queue',
        async () => {
          const now = await strips();
          const pick = (fromMs: number, toMs: number) => ({
            p99: median(now, 'latency', 'p99', fromMs, toMs),
            throttled: median(now, 'cpu', 'throttled', fromMs, toMs) ?? 0,
            runQueue: median(now, 'cpu', 'run queue', fromMs, toMs) ?? 0,
          });
          before = pick(turnedMs - 30_000, turnedMs);
          after = pick(turnedMs + 5000, turnedMs + 120_000);
          const waits =
            (after['throttled'] ?? 0) > (before['throttled'] ?? 0) + 0.05 ||
            (after['runQueue'] ?? 0) > (before['runQueue'] ?? 0) + 0.05;
          return (after['p99'] ?? 0) > 2 * (before['p99'] ?? Number.POSITIVE_INFINITY) && waits;
        },
        45_000,
      );
    } finally {
      console.log(`knob: before ${JSON.stringify(before)}, after ${JSON.stringify(after)}`);
    }

    // The same moment stands at the same place in both strips, and both say a value there.
    const plot = page.locator('[data-strip="cpu"] .plot');
    await plot.scrollIntoViewIfNeeded();
    const box = await plot.boundingBox();
    if (box === null) throw new Error('the CPU strip is not drawn');
    await page.mouse.move(box.x + box.width * 0.9, box.y + 20);
    const at = await page
      .locator('[data-strip="latency"] .crosshair, [data-strip="cpu"] .crosshair')
      .evaluateAll((all) => all.map((line) => line.getBoundingClientRect().left));
    expect(at).toHaveLength(2);
    expect(at[0]).toBe(at[1]);
    await page.screenshot({ path: screenshotPath('service-throttled') });
    expect(pane.errors).toEqual([]);
    turn('knob', 'cpu', 'checkout', 'off');
    await pane.close();
  });
});
