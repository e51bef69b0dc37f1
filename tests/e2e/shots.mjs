// Screenshots of the popup, the options page and the welcome page in every state, for the README and
// for review: dist/shots/PAGE-STATE-LANGUAGE-SCHEME.png. Usage: node shots.mjs [LANGUAGE…]

import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { launch } from './browsers.js';
import { HOST, settingsFor, states } from './people/states.js';

const out = resolve(import.meta.dirname, '../../dist/shots');
const languages = process.argv.length > 2 ? process.argv.slice(2) : ['en', 'de', 'fr', 'es', 'ja', 'ar'];
async function shoot(language, server) {
  const { port } = server.address();
  const browser = await launch('chromium', { extension: true, port, language, settings: settingsFor(null) });
  const call = (work, argument) => browser.worker.evaluate(`(${work})(${JSON.stringify(argument)})`);
  const site = await browser.context.newPage();
  await site.goto(`http://${HOST}:${port}/`);
  const tab = await call(async (host) => (await chrome.tabs.query({})).find((one) => one.url?.includes(host)).id, HOST);
  const take = async (name, path, width, ready) => {
    for (const scheme of ['light', 'dark']) {
      const page = await browser.context.newPage();
      await page.emulateMedia({ colorScheme: scheme });
      // Tall enough for everything: no scroll bar.
      await page.setViewportSize({ width, height: 4000 });
      await page.goto(`chrome-extension://${browser.id}/${path}`);
      await page.locator(ready).first().waitFor();
      for (const group of await page.locator('#group-candidate > summary').all()) await group.click();
      const height = await page.evaluate(() => Math.ceil(document.body.getBoundingClientRect().height));
      await page.screenshot({ path: `${out}/${name}-${language}-${scheme}.png`, clip: { x: 0, y: 0, width, height } });
      await page.close();
    }
  };
  for (const [state, [rows, policy]] of Object.entries(states)) {
    await call(async ([tabId, record, settings]) => {
      const [{ documentId }] = await chrome.scripting.executeScript({ target: { tabId }, func() {} });
      await chrome.storage.session.set({ [`tab:${tabId}`]: JSON.stringify({ ...record, document: documentId }) });
      await chrome.storage.local.set({ settings });
    }, [
      tab,
      { host: HOST, used: null, record: { rows, stopped: 0, total: 0 } },
      settingsFor(policy),
    ]);
    await take(`popup-${state}`, `popup.html?tab=${tab}`, 384, '#verdict-text:not(:empty)');
  }
  await call((history) => chrome.storage.local.set({ history }), JSON.stringify({
    'meet.example': { tried: 1234, stopped: 12, day: 20_700 },
    'ads.example': { tried: 88, stopped: 88, day: 20_699 },
  }));
  await take('options', 'options.html', 900, '#sites li');
  await take('options-narrow', 'options.html', 360, '#sites li');
  await take('welcome', 'welcome.html', 900, 'input:checked');
  await browser.close();
}

await mkdir(out, { recursive: true });
const server = createServer((_, reply) => reply.setHeader('content-type', 'text/html').end('<!doctype html><title>A page</title>'));
server.listen(0, '127.0.0.1');
await once(server, 'listening');
for (const language of languages) await shoot(language, server);
server.close();
console.log(`screenshots are in ${out}`);
