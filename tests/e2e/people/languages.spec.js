// The other languages, whose words are longer: nothing is cut off in any state of any page. rtl.spec.js has Arabic.

import { expect, test } from './stage.js';
import { fits } from './sights.js';
import { inEachState } from './states.js';

test.use({ rival: true });

for (const language of ['de', 'fr', 'es', 'ja']) {
  for (const only of [['popup'], ['options', 'welcome']]) {
    test(`nothing is cut off with text at 200 % in a narrow window: ${language}, ${only.join(', ')}`, async ({ stage }) => {
      await inEachState(stage, async (page, state) => {
        expect(await page.evaluate(() => document.documentElement.lang)).toBe(language);
        await fits(page, state);
      }, { only, language });
    });
  }
}
