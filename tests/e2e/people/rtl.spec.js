// The pages in a language that is written from right to left.

import { expect, test } from './stage.js';
import { check, inEachState, overflow, pages } from './sights.js';

test.use({ language: 'ar' });

test('axe finds nothing, and nothing overflows', async ({ stage }) => {
  for (const page of await pages(stage)) {
    await expect(page.locator('html')).toHaveAttribute('dir', 'rtl');
    await expect(page.locator('html')).toHaveAttribute('lang', 'ar');
    await check(page);
    await page.setViewportSize({ width: 320, height: 600 });
    expect(await overflow(page)).toBeLessThanOrEqual(0);
  }
});

test('axe finds nothing in any state of the popup', async ({ stage }) => {
  await inEachState(stage, check);
});
