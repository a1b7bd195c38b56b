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
  report,
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
afterAll(async () => {
  await browser?.close();
  if (chromiumPath !== null) turn('knob', 'cpu', 'checkout', 'off');
});
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

interface Figures {
  readonly p99: number | null;
  readonly throttled: number | null;
}
const nothing: Figures = { p99: null, throttled: null };

function figures(of: readonly Strip[], fromMs: number, toMs: number): Figures {
  return {
    p99: median(of, 'latency', 'p99', fromMs, toMs),
    throttled: median(of, 'cpu', 'throttled', fromMs, toMs),
  };
}

describe('the CPU knob in Chromium', () => {
  // Longer than the others: a busy machine takes its time to calm down and to be throttled.
  test('raises p99 and throttling on the same axis', async (context) => {
    if (!turn('status').includes('cgroup')) {
      leaveOut(context, 'no writable cgroup cpu controller: the demo has no quota to set');
    }
    const pane = await Pane.open(browser, '/s/shop/checkout?last=3m');
    const { page } = pane;
    await page.locator('[data-strip="cpu"]').waitFor();
    // What is compared with: the shop as it comes, once it has warmed up; a busy machine may never calm it.
    const calmBy = Date.now() + 20_000;
    let before: Figures = nothing;
    await until('the shop as it comes is known', async () => {
      const now = Date.now();
      before = figures(await strips(), now - 12_000, now);
      return before.p99 !== null && (before.p99 < 0.3 || now > calmBy);
    });
    const turnedMs = Date.now();
    turn('knob', 'cpu', 'checkout', '0.05');

    let after: Figures = nothing;
    try {
      await until('p99 and the throttled time have risen', async () => {
        const now = Date.now();
        after = figures(await strips(), Math.max(turnedMs + 2000, now - 15_000), now);
        return (
          (after.p99 ?? 0) > 1.5 * (before.p99 ?? Number.POSITIVE_INFINITY) &&
          (after.throttled ?? 0) > (before.throttled ?? 0) + 0.05
        );
      });
    } finally {
      report('CPU knob', `before ${JSON.stringify(before)}, after ${JSON.stringify(after)}`);
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
    await pane.close();
  }, 300_000);
});
