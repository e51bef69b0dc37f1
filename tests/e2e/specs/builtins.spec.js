// The hooks take the browser's own methods and getters by the name of their interface. A browser may move one to
// another interface, as Chromium did with a range's `startContainer`: it would be undefined, and nothing would say so.

import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '../fixtures.js';

const hooks = join(import.meta.dirname, '../../../extension/hooks');
const TAKEN = /\b(?:own|getterOf|natives)\((?:(\w+)\.prototype|prototypeHere\('(\w+)'\)), (?:'(\w+)'|\[([^\]]+)\])/g;

const FIREFOX_ONLY = ['DOMException.stack'];

async function taken() {
  const names = new Set();
  for (const file of await readdir(hooks)) {
    for (const [, plain, here, one, several] of (await readFile(join(hooks, file), 'utf8')).matchAll(TAKEN)) {
      const members = one ? [one] : [...several.matchAll(/'(\w+)'/g)].map(([, name]) => name);
      for (const member of members) names.add(`${(plain ?? here).replace(/^Safe/, '')}.${member}`);
    }
  }
  return [...names];
}

test('each built-in that the hooks take is where they take it', async ({ visit, engine }) => {
  const names = await taken();
  expect(names.length).toBeGreaterThan(60);
  const page = await visit('other');
  const missing = await page.evaluate(
    (all) =>
      all.filter((name) => {
        const [type, member] = name.split('.');
        return !Object.hasOwn(globalThis[type]?.prototype ?? {}, member);
      }),
    names,
  );
  expect(missing).toEqual(engine === 'chromium' ? FIREFOX_ONLY : []);
});
