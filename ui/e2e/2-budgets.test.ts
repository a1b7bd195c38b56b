/** What the pane weighs and what its crosshair costs, in Chromium over seeded replies. */
import { describe, expect, test } from 'vitest';
import { report } from './browser';
import { scriptBytes } from './fixture';
import { leave, seeded } from './seeded';

const { open } = seeded();

describe('a pane in Chromium: budgets', () => {
  test('loads at most 80 KB of script before the first page, the editor later', async () => {
    const { initial, later } = scriptBytes();
    report('script before the first page, gzipped', `${(initial / 1024).toFixed(1)} KB`);
    report(
      'chunks loaded later, gzipped',
      Object.entries(later)
        .map(([name, size]) => `${name} ${(size / 1024).toFixed(1)} KB`)
        .join(', '),
    );

    expect(initial).toBeLessThanOrEqual(80 * 1024);
    expect(Object.keys(later)).toContain('editor');
  });

  test('the crosshair moves through 12 strips of 20 series of 1,000 columns', async () => {
    const pane = await open('/s/wall?tenant=wall&last=1h', { width: 3000 });
    const { page } = pane;
    await page.locator('[data-strip="strip-11"] canvas').waitFor();
    const took = await page.evaluate(async () => {
      const plot = document.querySelector('[data-strip="strip-0"] .plot');
      if (plot === null) throw new Error('the first strip is not drawn');
      const box = plot.getBoundingClientRect();
      const times: number[] = [];
      for (let i = 0; i < 200; i++) {
        if (i % 5 === 0) await new Promise((next) => requestAnimationFrame(next));
        const clientX = box.left + ((i * 37) % 800);
        const began = performance.now();
        plot.dispatchEvent(
          new PointerEvent('pointermove', { clientX, clientY: box.top + 9, bubbles: true }),
        );
        times.push(performance.now() - began);
      }
      return times.sort((a, b) => a - b);
    });
    report('crosshair over 12 × 20 series, script of a move', quantiles(took));

    const lines = await page
      .locator('[data-strip] .crosshair')
      .evaluateAll((all) => all.map((line) => getComputedStyle(line).transform));
    expect(lines).toHaveLength(12);
    expect(new Set(lines).size).toBe(1);
    await leave(pane);
  });
});

function quantiles(sorted: readonly number[]): string {
  const at = (q: number) => (sorted[Math.floor(sorted.length * q)] ?? Number.NaN).toFixed(1);
  return `p50 ${at(0.5)} ms, p95 ${at(0.95)} ms`;
}
