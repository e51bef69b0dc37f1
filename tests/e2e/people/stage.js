// A browser of its own for each spec of the popup and the options page, and what they do in it.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base, expect } from '@playwright/test';
import { launch } from '../browsers.js';
import { startPeer } from '../peer.js';
import { openFirefox, RIVAL } from './firefox.js';
import { chromiumStubs } from './stubs.js';

export { expect };

export const SETTINGS = { version: 1, defaultPolicy: 'relay-only', sites: {}, browserProtection: 'off' };

/** How often to ask for what comes at once, mostly: Playwright's own first wait is longer than that. */
export const SOON = { intervals: [20, 50, 100, 250] };

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
  }, SOON).toBeDefined();
  return id;
}

/** Chromium with the extension, in the terms that Firefox has too. */
export async function openChromium(options) {
  const made = await launch('chromium', { extension: true, settings: SETTINGS, ...options });
  const run = (work, argument) => made.worker.evaluate(`(${work})(chrome, ${JSON.stringify(argument) ?? 'undefined'})`);
  const replaced = []; // in each page to come
  const stubs = chromiumStubs({ background: (work, argument) => run(`(_, argument) => (${work})(argument)`, argument), pages: replaced });
  const newPage = async (url, prepare = null) => {
    const page = await made.context.newPage();
    for (const [work, argument] of replaced) await page.addInitScript(work, argument);
    await prepare?.(page);
    await page.goto(url);
    return page;
  };
  return {
    ...made,
    ...stubs,
    engine: 'chromium',
    newPage,
    open: (path, prepare) => newPage(`chrome-extension://${made.id}/${path}`, prepare),
    run,
    rival: rivalIn(made.context),
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

/** The tiny extension that wants the setting too, in Chromium: once it is installed it has it. */
function rivalIn(context) {
  const worker = () => context.serviceWorkers().find((one) => one.url().endsWith('/rival.js'));
  const setting = async (work) => {
    await expect.poll(worker).toBeDefined();
    await worker().evaluate(`chrome.privacy.network.webRTCIPHandlingPolicy.${work}`);
  };
  return {
    take: () => setting(`set({ value: 'default_public_and_private_interfaces' })`),
    yield: () => setting('clear({})'),
  };
}

export const isHeldByOther = (browser) =>
  call(browser, async (api) => (await api.privacy.network.webRTCIPHandlingPolicy.get({})).levelOfControl === 'controlled_by_other_extensions');

/** What the specs do in a browser, made by one of the openers. */
export const theatre = (browser, peer) => ({
  ...browser,
  origin: (name) => peer.origin(name),
  visit: (name) => browser.newPage(`${peer.origin(name)}/probe.html`),
  /** The popup as a page, about the tab that shows `url`; `prepare` is called before it is opened. */
  async popup(url, prepare) {
    const page = await browser.open(`popup.html?tab=${await tabOf(browser, url)}`, prepare);
    await expect.poll(() => page.textContent('#verdict-text'), SOON).not.toBe('');
    return page;
  },
  async options(prepare) {
    const page = await browser.open('options.html', prepare);
    await expect.poll(() => page.textContent('#protection-control'), SOON).not.toBe('');
    return page;
  },
  /** Fresh settings, no pages, and nothing that a test has put in place of something else. */
  async reset() {
    await browser.restore();
    if (await isHeldByOther(browser)) await browser.rival.yield();
    await browser.clear();
    await call(browser, async (api, settings) => {
      await api.storage.local.clear();
      await api.storage.session.clear();
      await api.storage.sync.clear();
      await api.storage.local.set({ settings });
    }, SETTINGS);
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

  /** Whether there is another extension that can take the browser's setting. */
  rival: [false, { option: true, scope: 'worker' }],

  language: ['en', { option: true, scope: 'worker' }],

  browser_: [
    async ({ engine, peer, language, rival }, use) => {
      const open = engine === 'firefox' ? openFirefox : openChromium;
      const made = await open({ port: peer.port, settings: SETTINGS, language, besides: rival ? [RIVAL] : [] });
      await use(made);
      await made.close();
    },
    { scope: 'worker' },
  ],

  /** Chooses a file with this text on the options page. */
  importing: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'iceveil-import-'));
    await use(async (page, text) => {
      const file = join(folder, 'settings.json');
      await writeFile(file, text);
      await page.setInputFiles('#import-file', file);
    });
    await rm(folder, { recursive: true });
  },

  /** The browser with fresh settings and no pages left open. */
  stage: async ({ browser_, peer }, use) => {
    const stage = theatre(browser_, peer);
    await stage.reset();
    await use(stage);
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
      const timer = setTimeout(resolve, 20_000);
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
