// The popup from its opening to where it can be used, with much to show.

import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { dist, furnish, packaged } from '../../e2e/browsers.js';
import { ATTEMPTS, crowd, SITES, usable } from '../../e2e/people/crowd.js';
import { openFirefox } from '../../e2e/people/firefox.js';
import { call, expect, openChromium, SETTINGS, SOON, theatre } from '../../e2e/people/stage.js';
import { exponent, summary } from '../table.mjs';

const { strToU8, unzipSync, zipSync } = createRequire(join(import.meta.dirname, '../../../extension/package.json'))('fflate');

/** A page with one script, which only says that it ran: no page of an extension can be used sooner. */
const EMPTY = {
  'empty.html': '<!doctype html><title>empty</title><script src="empty.js" defer></script>',
  'empty.js': "performance.mark('usable', { detail: { unused: [] } });",
};

/** What a popup has besides, to say when it could be used, and to close then. */
const TELL = `
  const api = globalThis.browser?.runtime ? browser : chrome;
  new PerformanceObserver((list) => {
    for (const { name, startTime } of list.getEntries()) {
      if (name === 'usable') void api.storage.session.set({ usableAt: performance.timeOrigin + startTime }).then(() => setTimeout(close, 50));
    }
  }).observe({ type: 'mark', buffered: true });
`;

/** The pages as the button opens them. */
const clickable = (html) => html.replace('<script', '<script src="tell.js"></script><script');

/** The browser with the extension, which has those pages too. `folder` is one to be used. */
async function open(engine, folder, port) {
  const html = await readFile(join(dist, engine === 'firefox' ? 'firefox' : 'chrome', 'popup.html'), 'utf8');
  const besides = { ...EMPTY, 'tell.js': TELL, 'clicked.html': clickable(html), 'clicked-empty.html': clickable(EMPTY['empty.html']) };
  if (engine === 'chromium') {
    await cp(join(dist, 'chrome'), folder, { recursive: true });
    for (const [name, text] of Object.entries(besides)) await writeFile(join(folder, name), text);
    return openChromium({ port, settings: SETTINGS, folder });
  }
  const files = unzipSync(await readFile(await packaged()));
  for (const [name, text] of Object.entries(besides)) files[name] = strToU8(text);
  const archive = join(folder, 'iceveil.xpi');
  await writeFile(archive, zipSync(files));
  await furnish(folder, SETTINGS, archive);
  return openFirefox({ profile: folder, more: { 'extensions.openPopupWithoutUserGesture.enabled': true } });
}

/** Opens a popup as its button does; resolves to the milliseconds until it could be used. */
async function clicked(scene, popup) {
  const from = await call(scene, async (api, path) => {
    await api.storage.session.remove('usableAt');
    await api.action.setPopup({ popup: path });
    const now = performance.timeOrigin + performance.now();
    await api.action.openPopup();
    return now;
  }, popup);
  let usableAt;
  await expect.poll(async () => {
    ({ usableAt } = await call(scene, (api) => api.storage.session.get('usableAt')));
    return usableAt;
  }, SOON).toBeDefined();
  await pause(300); // until it has closed
  return usableAt - from;
}

function line(engine) {
  return {
    name: `popup-${engine}`,
    about: `the popup's opening in ${engine}, with ${ATTEMPTS} attempts and ${SITES} sites`,
    async run(stage) {
      const peer = await stage.peer();
      const folder = await mkdtemp(join(tmpdir(), 'iceveil-popup-'));
      const browser = await open(engine, folder, peer.port);
      try {
        const scene = theatre(browser, peer);
        const page = await scene.visit('other');
        const url = `${peer.origin('other')}/probe.html`;
        // In its first seconds a browser doesn't say what is managed, and the popup waits for that a moment.
        await call(scene, (api) => api.storage.managed.get(null).catch(() => {}));
        const points = [];
        let times;
        const floor = [];
        for (const share of [0.01, 0.1, 1]) {
          await crowd(scene, url, share);
          times = [];
          for (let n = 0; n < 7; n += 1) {
            times.push(await usable(scene, url));
            if (share === 1) floor.push(await usable(scene, url, 'empty.html'));
          }
          times.shift();
          points.push([share, summary(times).median]);
        }
        // The popup is about the tab in front.
        if (engine === 'chromium') await page.bringToFront();
        else await page.keyboard.press('Escape');
        const clicks = { 'clicked.html': [], 'clicked-empty.html': [] };
        for (let n = 0; n < 7; n += 1) {
          for (const [popup, list] of Object.entries(clicks)) list.push(await clicked(scene, popup));
        }
        const [click, least] = Object.values(clicks).map((list) => list.slice(1));
        return [
          { what: `usable, ${ATTEMPTS} attempts, ${SITES} sites`, unit: 'ms', ours: times, theirs: floor, peer: 'a page with one empty script', budget: { most: 150 } },
          { what: 'the same, from the click on its button', unit: 'ms', ours: click, theirs: least, peer: 'a popup with one empty script', budget: { most: 150 } },
          { what: 'growth with attempts and sites', unit: '(exponent)', ours: [exponent(points)], budget: { exponent: 1.1 } },
        ];
      } finally {
        await browser.close();
        await rm(folder, { recursive: true, force: true, maxRetries: 3 });
      }
    },
  };
}

export const lines = [line('chromium'), line('firefox')];
