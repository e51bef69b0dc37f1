// Attacks on realms beyond the table's rows: each has to get a guarded constructor, or none.

import { openings } from '../attacks/documents.js';
import { inside } from '../attacks/inside.js';
import { options } from '../attacks/options.js';
import { others } from '../attacks/others.js';
import { plugins } from '../attacks/plugins.js';
import { roads } from '../attacks/roads.js';
import { play, serve } from '../attacks/stage.js';
import { limits, trees } from '../attacks/trees.js';
import { windows } from '../attacks/windows.js';
import { expect, test } from '../fixtures.js';

let site;
test.beforeAll(async () => {
  site = await serve();
});
test.afterAll(() => site.stop());

async function attack(browser, engine, source) {
  const page = await browser.context.newPage();
  try {
    await page.goto(`${site.origin}/`);
    return await page.evaluate(play, { source: String(source), engine });
  } finally {
    await page.close();
  }
}

for (const [group, attacks] of Object.entries({ inside, options, windows, limits: { ...limits, ...openings } })) {
  for (const [name, source] of Object.entries(attacks)) {
    test(`${group}: ${name}`, async ({ guarded, engine }) => {
      const got = await attack(guarded, engine, source);
      expect(got.length).toBeGreaterThan(0);
      const found = got.filter((one) => one !== 'seen');
      // An expected limit is one for as long as it is found.
      if (group === 'limits') expect(found).not.toEqual([]);
      else expect(found).toEqual([]);
    });
  }
}

// These wait more than they work, so four at once.
for (const [group, attacks] of Object.entries({ others, plugins, roads, trees })) {
  test(group, async ({ guarded, engine }) => {
    test.skip(group === 'plugins' && engine === 'firefox', 'Firefox makes their windows in a task of its own: an expected limit, see race.mjs');
    const left = Object.entries(attacks);
    const wrong = {};
    const player = async () => {
      for (let next = left.shift(); next; next = left.shift()) {
        const got = await attack(guarded, engine, next[1]).catch((error) => [String(error)]);
        const bad = got.length ? got.filter((one) => one !== 'seen') : ['nothing'];
        if (bad.length > 0) wrong[next[0]] = bad;
      }
    };
    await Promise.all([player(), player(), player(), player()]);
    expect(wrong).toEqual({});
  });
}
