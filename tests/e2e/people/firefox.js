// Stock Firefox with the packaged extension, in the terms that Chromium has too.

import { cp, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { dist, FIREFOX_UUID, firefoxBinary, firefoxPrefs, furnish } from '../browsers.js';
import { startFirefox } from './marionette.js';
import { firefoxStubs } from './stubs.js';
import { Tab } from './tab.js';

/** The folder of a tiny extension that wants the browser's WebRTC setting too. */
export const RIVAL = join(import.meta.dirname, 'rival');

/** A folder with the extension speaking another language: Firefox's own is that of the machine's package, English. */
async function translated(language) {
  const folder = await mkdtemp(join(tmpdir(), 'iceveil-translated-'));
  await cp(join(dist, 'firefox'), folder, { recursive: true });
  await cp(join(folder, '_locales', language), join(folder, '_locales/en'), { recursive: true });
  return folder;
}

/**
 * Opens Firefox; `binary` is another copy of it, `language` the one that the extension speaks, `profile` a
 * furnished folder that is kept, and `more` are preferences.
 */
export async function openFirefox({ settings, binary = firefoxBinary, language = 'en', profile: kept = null, more = {} }) {
  const profile = kept ?? (await mkdtemp(join(tmpdir(), 'iceveil-people-')));
  const downloads = join(profile, 'downloads');
  await mkdir(downloads, { recursive: true });
  const folder = language === 'en' ? null : await translated(language);
  if (!kept) await furnish(profile, settings);
  const prefs = {
    ...firefoxPrefs({ microphone: false }),
    ...more,
    'intl.locale.requested': 'en-US',
    'browser.download.folderList': 2,
    'browser.download.dir': downloads,
    'browser.download.alwaysOpenPanel': false,
  };
  const { client, stop } = await startFirefox(profile, { prefs, binary });
  // One that is installed until the browser ends takes the place of the profile's.
  if (folder) await client.send('Addon:Install', { path: folder, temporary: true });
  const newPage = async (url) => {
    const tab = new Tab(client, await client.open(url));
    await tab.loaded();
    return tab;
  };
  const open = (path) => newPage(`moz-extension://${FIREFOX_UUID}/${path}`);
  // The tab through which the extension's own API is used.
  const keeper = await open('welcome.html');
  let rival;
  return {
    ...firefoxStubs({ keeper, client }),
    engine: 'firefox',
    newPage,
    open,
    rival: {
      async take() {
        rival = (await client.send('Addon:Install', { path: RIVAL, temporary: true })).value;
      },
      yield: () => client.send('Addon:Uninstall', { id: rival }),
    },
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
    client,
    async close() {
      await stop();
      for (const one of [kept ? null : profile, folder]) if (one) await rm(one, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
