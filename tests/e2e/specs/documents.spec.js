// Documents of unusual kinds, as a tab's own: guarded from their first script on.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { documents, serveDocuments } from '../attacks/documents.js';
import { chromiumBinary, dist, launch } from '../browsers.js';
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

// A browser that is driven makes none, so this one isn't.
test('a document that is made ahead', async ({ engine }) => {
  test.skip(engine === 'firefox', 'Firefox makes no document ahead');
  const profile = await mkdtemp(join(tmpdir(), 'iceveil-ahead-'));
  // Where the welcome page has been shown: only a tab in front has documents made.
  const first = await launch('chromium', { extension: true, port: site.port, profile });
  await expect.poll(() => first.worker.evaluate(async () => (await chrome.storage.local.get('welcomed')).welcomed)).toBe(true);
  await first.close();
  const told = site.told();
  const folder = join(dist, 'chrome');
  const browser = spawn(chromiumBinary, [
    '--headless=new', '--no-sandbox', '--no-first-run', `--user-data-dir=${profile}`,
    `--load-extension=${folder}`, `--disable-extensions-except=${folder}`, `http://localhost:${site.port}/ahead`,
  ], { stdio: 'ignore' });
  const ended = once(browser, 'exit');
  try {
    expect(await Promise.race([told, pause(30_000, 'nothing')])).toBe('ahead, guarded, refused');
  } finally {
    browser.kill();
    await ended;
    await rm(profile, { recursive: true, force: true, maxRetries: 3 });
  }
});

// Firefox compiles the scripts of an extension once for each process, and has parsers wait for that: a style
// sheet's result has none. An expected limit, for as long as it leaks.
test('a document of XML with a style sheet, the first in its process', async ({ guarded, engine }) => {
  const told = await open(guarded, '127.0.0.1', 'of XML with a style sheet');
  expect(told).toBe(engine === 'firefox' ? 'LEAK, allowed' : 'guarded, allowed');
});
