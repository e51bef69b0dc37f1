// Every state of every page, light and dark: nothing for axe-core to find, everything by keyboard, and
// nothing that is cut off, also with text at twice its size. In Firefox too.

import { test } from './stage.js';
import { check, fits, walk } from './sights.js';
import { inEachState } from './states.js';

test.use({ rival: true });

for (const name of ['popup', 'options', 'welcome']) {
  test(`axe finds nothing in any state, light or dark: ${name}`, async ({ stage }) => {
    await inEachState(stage, async (page, state) => {
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme });
        await check(page, `${state} ${colorScheme}`);
      }
    }, { only: [name] });
  });

  test(`every control is reached by keyboard, in the order of the page: ${name}`, async ({ stage }) => {
    await inEachState(stage, walk, { only: [name] });
  });
}

for (const only of [['popup'], ['options', 'welcome']]) {
  test(`nothing is cut off with text at 200 % in a narrow window: ${only.join(', ')}`, async ({ stage }) => {
    await inEachState(stage, fits, { only });
  });
}
