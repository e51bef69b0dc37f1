// Every state of every page, in light and dark and in the person's own colours: nothing for axe-core to find,
// everything by keyboard, and nothing that is cut off, also with text at twice its size. In Firefox too.

import { test } from './stage.js';
import { check, fits, shaped, walk } from './sights.js';
import { inEachState } from './states.js';

test.use({ rival: true });

for (const name of ['popup', 'options', 'welcome']) {
  test(`in each state axe finds nothing, the keyboard reaches all, nothing is cut off or told by colour alone: ${name}`, async ({ stage }) => {
    test.setTimeout(600_000);
    await inEachState(stage, async (page, state) => {
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme });
        await check(page, `${state} ${colorScheme}`);
      }
      await walk(page, state);
      await fits(page, state);
      await shaped(page, state);
    }, { only: [name] });
  });
}
