// A browser of its own for each spec of the popup and the options page, and what they do in it.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test as base, expect } from '@playwright/test';
import { launch } from '../browsers.js';
import { startPeer } from '../peer.js';
import { openFirefox } from './firefox.js';

export { expect };

export const SETTINGS = { version: 1, defaultPolicy: 'relay-only', sites: {}, browserProtection: 'off' };

/** The folder of a tiny extension that wants the browser's WebRTC setting too. */
export const RIVAL = join(import.meta.dirname, 'rival');

/** Reads or writes with the extension's own API: `call(stage, (api) => …, argument)`. */
export const call = (stage, work, argument) => stage.run(String(work), argument);

/** The id of the tab that shows `url`; the browser doesn't tell extensions its own pages' addresses. */
export async function tabOf(stage, url) {
  let id;
  // An extension hears of a new address a little later than a test.
  await expect.poll(async () => {
    id = await call(stage, async (api, at) => {
      const tabs = await api.tabs.query({});
      const is = at.startsWith('http') ? (one) => one.url === at : (one) => !one.url && one.active;
      return tabs.find(is)?.id;
    }, url);
    return id;
  }).toBeDefined();
  return id;
}

/** Chromium with the extension, in the terms that Firefox has too. */
export async function openChromium(options) {
  const made = await launch('chromium', { extension: true, settings: SETTINGS, ...options });
  const newPage = async (url, prepare = null) => {
    const page = await made.context.newPage();
    await prepare?.(page);
    await page.goto(url);
    return page;
  };
  return {
    ...made,
    newPage,
    open: (path, prepare) => newPage(`chrome-extension://${made.id}/${path}`, prepare),
    run: (work, argument) => made.worker.evaluate(`(${work})(chrome, ${JSON.stringify(argument) ?? 'undefined'})`),
    async clear() {
      const keeper = await made.context.newPage();
      for (const page of made.context.pages()) if (page !== keeper) await page.close();
    },
    async download(page, selector) {
      const [download] = await Promise.all([page.waitForEvent('download'), page.click(selector)]);
      return readFile(await download.path(), 'utf8');
    },
  };
}

/** What the specs do in a browser, made by one of the openers. */
export const theatre = (browser, peer) => ({
  ...browser,
  visit: (name) => browser.newPage(`${peer.origin(name)}/probe.html`),
  /** The popup as a page, about the tab that shows `url`; `prepare` is called before it is opened. */
  async popup(url, prepare) {
    const page = await browser.open(`popup.html?tab=${await tabOf(browser, url)}`, prepare);
    await expect.poll(() => page.textContent('#verdict-text')).not.toBe('');
    return page;
  },
  async options(prepare) {
    const page = await browser.open('options.html', prepare);
    await expect.poll(() => page.textContent('#protection-control')).not.toBe('');
    return page;
  },
  stored: (key = 'settings') => call(browser, async (api, name) => (await api.storage.local.get(name))[name], key),
});

export const test = base.extend({
  engine: ['chromium', { option: true, scope: 'worker' }],

  peer: [
    async ({}, use) => {
      const peer = await startPeer();
      await use(peer);
      await peer.stop();
    },
    { scope: 'worker' },
  ],

  language: ['en', { option: true, scope: 'worker' }],

  browser_: [
    async ({ engine, peer, language }, use) => {
      const open = engine === 'firefox' ? openFirefox : openChromium;
      const made = await open({ port: peer.port, settings: SETTINGS, language });
      await use(made);
      await made.close();
    },
    { scope: 'worker' },
  ],

  /** The browser with fresh settings and no pages left open. */
  stage: async ({ browser_, peer }, use) => {
    await call(browser_, async (api, settings) => {
      await api.storage.local.clear();
      await api.storage.session.clear();
      await api.storage.local.set({ settings });
    }, SETTINGS);
    await browser_.clear();
    await use(theatre(browser_, peer));
  },
});

/** Stores a record of attempts for the document that the tab with this address shows; resolves to the tab. */
export const record = (stage, url, rows, used = null) =>
  call(stage, async (api, [at, rows_, used_]) => {
    const tab = (await api.tabs.query({})).find((one) => one.url === at).id;
    const [{ documentId }] = await api.scripting.executeScript({ target: { tabId: tab }, func() {} });
    const kept = { document: documentId, host: new URL(at).hostname, used: used_, record: { rows: rows_, stopped: 0, total: 0 } };
    await api.storage.session.set({ [`tab:${tab}`]: JSON.stringify(kept) });
    return tab;
  }, [url, rows, used]);

/** Gathers on a page, and resolves to the addresses that its description then carries. */
export const gather = (page) =>
  page.evaluate(async () => {
    const connection = new RTCPeerConnection();
    connection.createDataChannel('test');
    await connection.setLocalDescription();
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, 4000);
      connection.onicegatheringstatechange = () => {
        if (connection.iceGatheringState === 'complete') {
          clearTimeout(timer);
          resolve();
        }
      };
    });
    const found = connection.localDescription.sdp.match(/a=candidate:.*/g) ?? [];
    connection.close();
    return found;
  });
