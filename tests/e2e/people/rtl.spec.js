// The pages in a language that is written from right to left.

import { expect, test } from './stage.js';
import { check, fits, walk } from './sights.js';
import { inEachState } from './states.js';

test.use({ language: 'ar', rival: true });

for (const name of ['popup', 'options', 'welcome']) {
  test(`in each state axe finds nothing, the keyboard reaches all in its order, nothing is cut off: ${name}`, async ({ stage }) => {
    test.setTimeout(600_000);
    await inEachState(stage, async (page, state) => {
      expect(await page.evaluate(() => [document.dir, document.documentElement.lang])).toEqual(['rtl', 'ar']);
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme });
        await check(page, `${state} ${colorScheme}`);
      }
      await walk(page, state);
      await fits(page, state);
    }, { only: [name] });
  });
}
