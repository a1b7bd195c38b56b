import { test } from 'vitest';
import { launch, Pane } from '/work/wt/ui/ui/e2e/browser';
import { serveFixture } from '/work/wt/ui/ui/e2e/fixture';
import { frameCosts, scrollFrames } from '/work/wt/ui/ui/e2e/frames';

test('m', async () => {
  const { base, server } = await serveFixture();
  const browser = await launch();
  const pane = await Pane.open(browser, '/?tenant=fleet', {}, process.env.BASE ?? base);
  await pane.page.locator('[data-index]').first().waitFor();
  for (const px of [44, 132, 900]) {
    const c = await frameCosts(browser, pane.page, () => scrollFrames(pane.page, 120, px));
    const q = (p: number) => c.frames[Math.floor(c.frames.length * p)]?.toFixed(1);
    console.log(
      px,
      'n',
      c.frames.length,
      'p50',
      q(0.5),
      'p95',
      q(0.95),
      'max',
      q(0.999),
      JSON.stringify(
        Object.fromEntries(Object.entries(c.byKind).map(([k, v]) => [k, Math.round(v)])),
      ),
    );
  }
  await browser.close();
  await server.close();
}, 300000);
