// A browser of its own for each spec of the popup and the options page, and what they do in it.

import { test as base, expect } from '@playwright/test';
import { launch } from '../browsers.js';
import { startPeer } from '../peer.js';

export { expect };

export const SETTINGS = { version: 1, defaultPolicy: 'relay-only', sites: {}, browserProtection: 'off' };

/** Reads or writes with the background's own API: `call(stage, (api) => …, argument)`. */
export const call = (stage, work, argument) =>
  stage.worker.evaluate(`(${work})(chrome, ${JSON.stringify(argument) ?? 'undefined'})`);

export const test = base.extend({
  peer: [
    async ({}, use) => {
      const peer = await startPeer();
      await use(peer);
      await peer.stop();
    },
    { scope: 'worker' },
  ],

  language: ['en', { option: true, scope: 'worker' }],

  besides: [[], { option: true, scope: 'worker' }],

  browser_: [
    async ({ peer, language, besides }, use) => {
      const made = await launch('chromium', { extension: true, port: peer.port, settings: SETTINGS, besides, language });
      await use(made);
      await made.close();
    },
    { scope: 'worker' },
  ],

  /** The browser with fresh settings and, at the end, no pages left open. */
  stage: async ({ browser_, peer }, use) => {
    await call(browser_, async (api, settings) => {
      await api.storage.local.clear();
      await api.storage.session.clear();
      await api.storage.local.set({ settings });
    }, SETTINGS);
    const keeper = await browser_.context.newPage();
    for (const page of browser_.context.pages()) if (page !== keeper) await page.close();
    const open = async (path) => {
      const page = await browser_.context.newPage();
      await page.goto(`chrome-extension://${browser_.id}/${path}`);
      return page;
    };
    await use({
      ...browser_,
      visit: async (name) => {
        const page = await browser_.context.newPage();
        await page.goto(`${peer.origin(name)}/probe.html`);
        return page;
      },
      /** The popup as a page, about the tab that shows `url`. */
      popup: async (url) => {
        // The browser doesn't tell extensions the addresses of its own pages.
        const tab = await call(browser_, async (api, at) => {
          const tabs = await api.tabs.query({});
          return (tabs.find((one) => one.url === at) ?? tabs.find((one) => !one.url && one.active)).id;
        }, url);
        const page = await open(`popup.html?tab=${tab}`);
        await expect(page.locator('#verdict-text')).not.toBeEmpty();
        return page;
      },
      options: async () => {
        const page = await open('options.html');
        await expect(page.locator('#protection-control')).not.toBeEmpty();
        return page;
      },
      open,
      stored: (key = 'settings') =>
        call(browser_, async (api, name) => (await api.storage.local.get(name))[name], key),
    });
    await keeper.close();
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
