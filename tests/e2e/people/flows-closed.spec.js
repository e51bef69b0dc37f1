// Pages on which browsers let no extension run: their own, and the stores of extensions.

import { once } from 'node:events';
import { createServer } from 'node:http';
import { openFirefox } from './firefox.js';
import { call, expect, openChromium, SETTINGS, test as base, theatre } from './stage.js';

const PAGES = {
  chromium: { store: 'chromewebstore.google.com', own: ['chrome://version/', 'chrome://extensions/'] },
  firefox: { store: 'addons.mozilla.org', own: ['about:config', 'about:support'] },
};

/** A browser that finds the store's name on this machine. */
const test = base.extend({
  shop: async ({ engine, peer }, use) => {
    const { store } = PAGES[engine];
    const options = { port: peer.port, settings: SETTINGS };
    const made = engine === 'firefox'
      ? await openFirefox({ ...options, more: {
        'network.dns.localDomains': store,
        'network.stricttransportsecurity.preloadlist': false,
        'dom.security.https_first': false,
      } })
      : await openChromium({ ...options, flags: [`--host-resolver-rules=MAP ${store} 127.0.0.1`, '--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable'] });
    await use(theatre(made, peer));
    await made.close();
  },

  /** The port of a server that the store's name leads to. */
  counter: async ({}, use) => {
    const server = createServer((_, answer) => answer.setHeader('Content-Type', 'text/html').end('<!doctype html><title>store</title>'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    await use(server.address().port);
    server.close();
    server.closeAllConnections();
  },
});

const NOT_HERE = /^Iceveil doesn’t run on this page\. Browsers keep extensions out of their own pages and out of extension stores\.$/;

test('pages that the browser keeps to itself, and its store, say that Iceveil doesn’t run there', async ({ shop, engine, counter }) => {
  const { store, own } = PAGES[engine];
  const at = `http://${store}:${counter}/`;
  for (const url of [...own, at]) {
    const page = await shop.newPage(url);
    // Chromium tells extensions neither page's address.
    const tab = await call(shop, async (api) => (await api.tabs.query({ active: true, lastFocusedWindow: true }))[0].id);
    if (url === at) {
      // For real: the browser lets nothing of ours into it.
      expect(await page.evaluate(() => location.hostname)).toBe(store);
      const refusal = await call(shop, (api, tabId) =>
        api.scripting.executeScript({ target: { tabId }, func() {} }).then(() => '', (error) => error.message), tab);
      expect(refusal).not.toBe('');
    }
    const popup = await shop.open(`popup.html?tab=${tab}`);
    await expect.poll(() => popup.textContent('#verdict-text'), url).toMatch(NOT_HERE);
    expect(await popup.isVisible('#site-part'), url).toBe(false);
    await popup.close();
    await page.close();
  }
});
