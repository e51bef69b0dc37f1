// ARCHITECTURE.md lists the rows of the table; the rows are code. They have to be the same.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '../fixtures.js';

test('ARCHITECTURE.md lists every surface and every realm', async ({ visit }) => {
  const page = await visit('other');
  const rows = await page.evaluate(async () => {
    const [{ surfaces }, { realms }] = await Promise.all([import('/surfaces.js'), import('/realms.js')]);
    return [...surfaces, ...realms].map(({ id }) => id);
  });
  const text = await readFile(join(import.meta.dirname, '../../../ARCHITECTURE.md'), 'utf8');
  const listed = [...text.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, id]) => id);
  expect(rows.length).toBeGreaterThan(100);
  expect(listed).toEqual(rows);
});
