// Documents of unusual kinds, as a tab's own: guarded from their first script on.

import { setTimeout as pause } from 'node:timers/promises';
import { documents, serveDocuments } from '../attacks/documents.js';
import { expect, test } from '../fixtures.js';

let site;
test.beforeAll(async ({ engine }) => {
  site = await serveDocuments(engine);
});
test.afterAll(() => site.stop());

/** What the first script of such a document says, after these addresses of the site in the same tab. */
async function open(browser, host, name, before = []) {
  const page = await browser.context.newPage();
  try {
    for (const path of before) await page.goto(`http://${host}:${site.port}${path}`);
    const told = site.told();
    page.goto(`http://${host}:${site.port}/document?${encodeURIComponent(name)}`).catch(() => {});
    return await Promise.race([told, pause(8000, 'nothing')]); // the browser may make no document of it
  } finally {
    await page.close();
  }
}

for (const [name, { engines = ['chromium', 'firefox'] }] of Object.entries(documents)) {
  test(`a document ${name}`, async ({ guarded, engine }) => {
    expect(await open(guarded, 'localhost', name, ['/'])).toBe(engines.includes(engine) ? 'guarded, refused' : 'nothing');
  });
}

// Firefox compiles the scripts of an extension once for each process, and has parsers wait for that: a style
// sheet's result has none. An expected limit, for as long as it leaks.
test('a document of XML with a style sheet, the first in its process', async ({ guarded, engine }) => {
  const told = await open(guarded, '127.0.0.1', 'of XML with a style sheet');
  expect(told).toBe(engine === 'firefox' ? 'LEAK, allowed' : 'guarded, allowed');
});
