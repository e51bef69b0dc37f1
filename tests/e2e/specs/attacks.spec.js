// Attacks on realms beyond the table's rows: each has to get a guarded constructor, or none.

import { inside } from '../attacks/inside.js';
import { options } from '../attacks/options.js';
import { play, serve } from '../attacks/stage.js';
import { windows } from '../attacks/windows.js';
import { expect, test } from '../fixtures.js';

let site;
test.beforeAll(async () => {
  site = await serve();
});
test.afterAll(() => site.stop());

for (const [group, attacks] of Object.entries({ inside, options, windows })) {
  for (const [name, attack] of Object.entries(attacks)) {
    test(`${group}: ${name}`, async ({ guarded, engine }) => {
      const page = await guarded.context.newPage();
      try {
        await page.goto(`${site.origin}/`);
        const got = await page.evaluate(play, { source: String(attack), engine });
        expect(got.length).toBeGreaterThan(0);
        expect(got.filter((one) => one !== 'seen')).toEqual([]);
      } finally {
        await page.close();
      }
    });
  }
}
