// Stock Firefox with the packaged extension, in the terms that Chromium has too.

import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { FIREFOX_UUID, firefoxBinary, firefoxPrefs, furnish } from '../browsers.js';
import { startFirefox } from './marionette.js';
import { Tab } from './tab.js';

/** Opens Firefox; `binary` is another copy of it. Its language is that of the machine's package: English. */
export async function openFirefox({ settings, binary = firefoxBinary }) {
  const profile = await mkdtemp(join(tmpdir(), 'iceveil-people-'));
  const downloads = join(profile, 'downloads');
  await mkdir(downloads);
  await furnish(profile, settings);
  const prefs = {
    ...firefoxPrefs({ microphone: false }),
    'intl.locale.requested': 'en-US',
    'browser.download.folderList': 2,
    'browser.download.dir': downloads,
    'browser.download.alwaysOpenPanel': false,
  };
  const { client, stop } = await startFirefox(profile, { prefs, binary });
  const newPage = async (url) => {
    const tab = new Tab(client, await client.open(url));
    await tab.loaded();
    return tab;
  };
  const open = (path) => newPage(`moz-extension://${FIREFOX_UUID}/${path}`);
  // The tab through which the extension's own API is used.
  const keeper = await open('welcome.html');
  return {
    newPage,
    open,
    run: (work, argument) => keeper.evaluate(`(argument) => (${work})(browser, argument)`, argument),
    async clear() {
      for (const handle of await client.send('WebDriver:GetWindowHandles')) {
        if (handle !== keeper.handle) await new Tab(client, handle).close();
      }
    },
    async download(page, selector) {
      const before = await readdir(downloads);
      await page.click(selector);
      for (;;) {
        const now = await readdir(downloads);
        const file = now.find((name) => !before.includes(name) && !name.endsWith('.part'));
        const text = file && !now.includes(`${file}.part`) && (await readFile(join(downloads, file), 'utf8'));
        if (text) return text;
        await pause(50);
      }
    },
    /** Installs the extension in a folder until the browser ends; resolves to its id. */
    install: async (folder) => (await client.send('Addon:Install', { path: folder, temporary: true })).value,
    uninstall: (id) => client.send('Addon:Uninstall', { id }),
    client,
    async close() {
      await stop();
      await rm(profile, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
