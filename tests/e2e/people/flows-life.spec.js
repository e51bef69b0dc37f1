// One profile through the extension's life: the welcome page is shown once, and settings stay.

import { createRequire } from 'node:module';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { dist, FIREFOX_ID, FIREFOX_UUID, furnish } from '../browsers.js';
import { openFirefox } from './firefox.js';
import { call, expect, openChromium, SETTINGS, test } from './stage.js';

const { zipSync } = createRequire(join(import.meta.dirname, '../../../extension/package.json'))('fflate');
const A_MOMENT = 1500; // ms in which a page that is to come has come

const chosen = { ...SETTINGS, sites: { 'meet.example': 'allow' } };

/** Makes the extension in `folder` a newer version. */
async function raise(folder) {
  const file = join(folder, 'manifest.json');
  const manifest = JSON.parse(await readFile(file, 'utf8'));
  await writeFile(file, JSON.stringify({ ...manifest, version: '99.0' }));
}

const kinds = {
  chromium: {
    async make() {
      const profile = await mkdtemp(join(tmpdir(), 'iceveil-life-'));
      const folder = await mkdtemp(join(tmpdir(), 'iceveil-life-'));
      await cp(join(dist, 'chrome'), folder, { recursive: true });
      return { profile, folder };
    },
    start: (life, peer) => openChromium({ ...life, port: peer.port, settings: null }),
    update: ({ folder }) => raise(folder),
    welcomes: (browser) => browser.context.pages().filter((page) => page.url().endsWith('/welcome.html')).length,
  },
  firefox: {
    async make() {
      const profile = await mkdtemp(join(tmpdir(), 'iceveil-life-'));
      await furnish(profile, SETTINGS);
      return { profile };
    },
    // As a person's Firefox keeps it.
    start: (life) => openFirefox({ ...life, more: { 'extensions.webextensions.ExtensionStorageIDB.enabled': true } }),
    async update({ profile }) {
      const folder = await mkdtemp(join(tmpdir(), 'iceveil-life-'));
      await cp(join(dist, 'firefox'), folder, { recursive: true });
      await raise(folder);
      const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((one) => one.isFile());
      const tree = {};
      for (const { parentPath, name } of files) tree[relative(folder, join(parentPath, name))] = await readFile(join(parentPath, name));
      await writeFile(join(profile, 'extensions', `${FIREFOX_ID}.xpi`), zipSync(tree));
      await rm(folder, { recursive: true });
    },
    // One of them is the tab through which the tests speak.
    welcomes: async (browser) => (await browser.client.chrome((url) =>
      window.gBrowser.tabs.filter((tab) => tab.linkedBrowser.currentURI.spec === url).length,
    `moz-extension://${FIREFOX_UUID}/welcome.html`)) - 1,
  },
};

test('the welcome page opens at the first installation, and never again', async ({ engine, peer }) => {
  const { make, start, update, welcomes } = kinds[engine];
  const life = await make();
  const version = (browser) => call(browser, (api) => api.runtime.getManifest().version);
  const stored = (browser) => call(browser, async (api) => (await api.storage.local.get('settings')).settings);

  let browser = await start(life, peer);
  const first = await version(browser);
  await expect.poll(() => welcomes(browser)).toBe(1);
  await call(browser, (api, settings) => api.storage.local.set({ settings }), chosen);
  await pause(A_MOMENT);
  await browser.close();

  browser = await start(life, peer);
  await pause(A_MOMENT);
  expect(await version(browser)).toBe(first);
  expect(await welcomes(browser), 'after a restart').toBe(0);
  expect(await stored(browser)).toEqual(chosen);
  await browser.close();

  await update(life);
  browser = await start(life, peer);
  await expect.poll(() => version(browser)).toBe('99.0');
  await pause(A_MOMENT);
  expect(await welcomes(browser), 'after an update').toBe(0);
  expect(await stored(browser)).toEqual(chosen);
  await browser.close();
  for (const folder of Object.values(life)) await rm(folder, { recursive: true, force: true, maxRetries: 3 });
});
