// node e2e/zz-shot.mjs BASE OUTPREFIX path... (desktop dark, phone)
import { chromium } from 'playwright-core';

const [base, out, scheme, ...paths] = process.argv.slice(2);
const b = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--disable-background-networking',
    '--no-first-run',
  ],
});
for (const [suffix, viewport] of [
  ['', { width: 1440, height: 900 }],
  ['-phone', { width: 390, height: 844 }],
]) {
  const c = await b.newContext({ viewport, colorScheme: scheme, timezoneId: 'UTC' });
  const p = await c.newPage();
  p.on('console', (m) => {
    if (m.type() === 'error') console.log('console:', m.text());
  });
  p.on('pageerror', (e) => console.log('pageerror:', e.message));
  let i = 0;
  for (const path of paths) {
    await p.goto(base + path);
    await p.waitForTimeout(3500);
    await p.screenshot({ path: `${out}-${i++}${suffix}.png`, fullPage: process.env.FULL === '1' });
  }
  await c.close();
}
await b.close();
