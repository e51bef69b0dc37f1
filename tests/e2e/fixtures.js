// What every spec uses: the peer, the browsers and the leak test's reports, each made once per worker.

import { test as base, expect } from '@playwright/test';
import { launch, SETTINGS } from './browsers.js';
import { network, startPeer } from './peer.js';
import { openFirefox } from './people/firefox.js';

export { expect, network, SETTINGS };

export const test = base.extend({
  engine: ['chromium', { option: true, scope: 'worker' }],

  peer: [
    async ({}, use) => {
      if (!network.lab) process.stderr.write('e2e: no lab (it takes root on Linux): loopback, with a simulated mapped address\n');
      const peer = await startPeer();
      await use(peer);
      await peer.stop();
    },
    { scope: 'worker' },
  ],

  /** `browser_({extension, microphone})`: a running browser, shared within the worker. */
  running: [
    async ({ engine, peer }, use) => {
      const made = new Map();
      const get = (options) => {
        const key = JSON.stringify(options);
        if (!made.has(key)) made.set(key, launch(engine, { port: peer.port, ...options }));
        return made.get(key);
      };
      await use(get);
      for (const one of made.values()) await (await one.catch(() => null))?.close();
    },
    { scope: 'worker' },
  ],

  /** A browser with the extension. */
  guarded: [async ({ running }, use) => use(await running({ extension: true })), { scope: 'worker' }],

  /** The same browser without it. */
  plain: [async ({ running }, use) => use(await running({ extension: false })), { scope: 'worker' }],

  /** A browser with the extension, whose settings `set` changes while it runs; `newPage(url)` opens a tab. */
  settable: [
    async ({ engine, guarded }, use) => {
      if (engine === 'firefox') {
        const made = await openFirefox({ settings: SETTINGS });
        const store = (api, settings) => api.storage.local.set({ settings });
        await use({ newPage: made.newPage, set: (settings) => made.run(String(store), settings) });
        await made.close();
        return;
      }
      const newPage = async (url) => {
        const page = await guarded.context.newPage();
        await page.goto(url);
        return page;
      };
      await use({ newPage, set: guarded.set });
    },
    { scope: 'worker' },
  ],

  /** `visit(name, path, browser)`: a page of the site under the host `name`, closed after the test. */
  visit: async ({ guarded, peer }, use) => {
    const pages = [];
    await use(async (name, path = '/probe.html', browser = guarded) => {
      const page = await browser.context.newPage();
      pages.push(page);
      await page.goto(peer.origin(name) + path);
      return page;
    });
    await Promise.all(pages.map((page) => page.close()));
  },
});

/** Runs the leak test and resolves to its report. */
export async function report(browser, url, timeout = 170_000) {
  const page = await browser.context.newPage();
  try {
    await page.goto(url);
    await page.waitForFunction(() => document.documentElement.dataset.state, null, { timeout });
    const text = await page.locator('#json').textContent();
    if (!text) throw new Error(await page.locator('#explanation').textContent());
    return JSON.parse(text);
  } finally {
    await page.close();
  }
}

/** The cells of a report in which `isLeak(address, row)` holds, as lines to read. */
export function cells(found, isLeak) {
  return found.surfaces.flatMap((row) =>
    row.addresses
      .filter((one) => isLeak(one, row))
      .map(({ address }) => `${row.realm}/${row.use} ${row.id}: ${address}`));
}
