// The pages in a language that is written from right to left.

import { expect, test } from './stage.js';
import { check, overflow, overlaps, walk } from './sights.js';
import { inEachState } from './states.js';

test.use({ language: 'ar', rival: true });

for (const name of ['popup', 'options', 'welcome']) {
  test(`axe finds nothing in any state, and nothing overflows: ${name}`, async ({ stage }) => {
    await inEachState(stage, async (page, state) => {
      expect(await page.evaluate(() => [document.dir, document.documentElement.lang])).toEqual(['rtl', 'ar']);
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme });
        await check(page, `${state} ${colorScheme}`);
      }
      await page.setViewportSize({ width: 320, height: 600 });
      expect(await overlaps(page), state).toEqual([]);
      expect(await overflow(page), state).toBeLessThanOrEqual(0);
    }, { only: [name] });
  });

  test(`every control is reached by keyboard, in the order of the page: ${name}`, async ({ stage }) => {
    await inEachState(stage, walk, { only: [name] });
  });
}
