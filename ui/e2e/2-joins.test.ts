/** Coverage, the join doctor wherever a panel is empty, and the map, in Chromium over seeded replies. */
import { describe, expect, test } from 'vitest';
import { leave, seeded } from './seeded';

const { at, open } = seeded();

describe('a pane in Chromium: coverage', () => {
  test('says who stands alone, why, and joins it by a click', async () => {
    const pane = await open('/');
    const { page } = pane;
    await page.keyboard.press('g');
    await page.keyboard.press('c');
    await page.waitForURL('**/coverage');
    const row = page.getByRole('row').filter({ hasText: 'shop/inventory' });
    expect(await row.first().locator('.join').textContent()).toBe('alone');
    await row.first().getByRole('link', { name: 'why' }).click();
    await page.waitForURL('**/coverage/shop/inventory');
    const doctor = page.getByRole('region', { name: 'Join doctor' });
    await doctor.getByText('none of them is on target_info').waitFor();
    await doctor.getByText('inventory-x2k1').first().waitFor();
    await doctor.getByRole('button', { name: 'Apply' }).click();
    await doctor.getByText('In force').waitFor();
    await page.getByText('4 joined').waitFor();
    await leave(pane);
  });

  test('an empty strip leads to the doctor, which says what would fill it', async () => {
    const pane = await open('/s/legacy-erp');
    const { page } = pane;
    const strip = page.locator('[data-strip="cpu"]');
    await strip.getByRole('button', { name: 'which key failed' }).click();
    await strip.getByText('no node of that name is reported').waitFor();
    await strip.getByText('container_cpu_usage_seconds_total (cadvisor)').waitFor();
    await leave(pane);
  });
});

describe('a pane in Chromium: the map', () => {
  test('draws who calls whom, says the same as a table, and leads to a service', async () => {
    const pane = await open('/map');
    const { page } = pane;
    const drawn = page.locator('.map .item');
    await drawn.first().waitFor();
    const calls = await page.locator('.map svg path').count();
    expect(calls).toBeGreaterThan(3);

    await page.keyboard.press('t');
    await page.waitForURL(/view=table/);
    expect(await page.locator('tbody tr').count()).toBe(calls);
    await page.keyboard.press('t');
    await drawn.getByRole('link', { name: 'checkout' }).click();
    await page.waitForURL('**/s/shop/checkout');
    await page.getByRole('link', { name: 'map', exact: true }).click();
    await page.waitForURL('**/map/shop/checkout');
    await page.getByRole('heading', { name: 'Map around shop/checkout' }).waitFor();
    await leave(pane);
  });
});

describe('a pane in Chromium: the join doctor', () => {
  test('of an expression that finds nothing names the matcher and proposes what is stored', async () => {
    const pane = await open('/explore?expr=rate(nothing[1m])');
    const { page } = pane;
    await page.getByRole('heading', { name: 'No series in this span' }).waitFor();
    const doctor = page.getByRole('region', { name: 'Join doctor' });
    await doctor.getByText('__name__="nothing"').waitFor();
    await doctor.getByText('http_server_request_duration_seconds').waitFor();
    await doctor.getByRole('button', { name: 'Use' }).click();
    await page.waitForURL(/expr=rate\(up/);
    await page.locator('figure[aria-label="Graph"] canvas').waitFor();
    await page.goto(at('/explore?expr=nothing&view=table'));
    await page.getByRole('heading', { name: 'No value at this moment' }).waitFor();
    await doctor.getByText('__name__="nothing"').waitFor();
    await leave(pane);
  });

  test('of a map that is empty says what tells of calls, and gives a service the name they use', async () => {
    const pane = await open('/map?tenant=empty');
    const { page } = pane;
    const doctor = page.getByRole('region', { name: 'Join doctor' });
    await doctor.getByText('names nobody on the other side').waitFor();
    await page.goto(at('/map'));
    await page.getByRole('button', { name: 'is somebody missing?' }).click();
    await doctor.getByText('erp-gateway').first().waitFor();
    await leave(pane);
  });
});
