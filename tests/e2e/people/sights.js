// The pages with everything there is to show, and what is looked for on them.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { call, expect, record } from './stage.js';
import { settingsFor, states } from './states.js';

const locales = join(import.meta.dirname, '../../../extension/_locales');

const rows = (host) => [
  ['connection', '-', '-', 'shown', '', host],
  ['candidate', 'host', 'private', 'hidden', '192.168.1.23', host],
  ['candidate', 'srflx', 'public', 'changed', '198.51.100.7', host],
  ['candidate', 'host', 'local-name', 'shown', 'a.local', host],
  ['description', 'host', 'unique-local', 'hidden', 'fd00::9', 'tracker.with-a-rather-long-name.example'],
  ['server', '-', 'name', 'removed', 'stun:stun.l.example.net:19302', host],
].map(([surface, kind, class_, outcome, detail, from], n) => ({
  surface, kind, class: class_, outcome, detail, host: from, count: 3 + n, first: 1, last: n,
}));

/** Fills everything there is to show. */
async function fill(stage) {
  const page = await stage.visit('relay');
  const host = new URL(page.url()).hostname;
  await record(stage, page.url(), rows(host), 'block');
  await call(stage, (api, settings) => api.storage.local.set({
    settings,
    settingsBroken: { version: 7 },
    history: JSON.stringify({ 'a.example': { tried: 12, stopped: 9, day: 20_000 } }),
  }), { version: 1, sites: { 'münchen.example': 'allow', 'a-name-that-is-long.and-has-labels.meet.example': 'public-only' } });
  return page.url();
}

/** The popup, the options page and the welcome page; `prepare` is called before each is opened. */
export async function pages(stage, prepare) {
  const popup = await stage.popup(await fill(stage), prepare);
  await expect(popup.locator('#verdict')).toHaveAttribute('data-state', 'got');
  await popup.setViewportSize({ width: 384, height: 600 });
  await popup.evaluate(() => {
    for (const folded of document.querySelectorAll('details')) folded.open = true;
  });
  await expect(popup.locator('.rows li').first()).toBeVisible();
  const options = await stage.options(prepare);
  await expect(options.locator('#sites li')).toHaveCount(2);
  await options.locator('#import-file').setInputFiles({
    name: 'a.json', mimeType: 'application/json', buffer: Buffer.from('{"version":1,"defaultPolicy":"block","sites":{"b.example":"allow"}}'),
  });
  await expect(options.locator('#preview')).toBeVisible();
  const welcome = await stage.open('welcome.html', prepare);
  await expect(welcome.locator('input:checked')).toHaveCount(1);
  return [popup, options, welcome];
}

/** Calls `look(popup)` in each state of the popup, with all that is folded opened. */
export async function inEachState(stage, look) {
  const page = await stage.visit('relay');
  for (const [rows_, policy, verdict] of Object.values(states)) {
    await record(stage, page.url(), rows_);
    await call(stage, (api, settings) => api.storage.local.set({ settings }), settingsFor(policy));
    const popup = await stage.popup(page.url());
    await popup.setViewportSize({ width: 384, height: 600 });
    await expect(popup.locator('#verdict')).toHaveAttribute('data-state', verdict);
    await popup.evaluate(() => {
      for (const folded of document.querySelectorAll('details')) folded.open = true;
    });
    await look(popup);
    await popup.close();
  }
}

/** Has a page speak another language than the browser's. */
export const speak = (language) => async (page) => {
  const messages = JSON.parse(await readFile(join(locales, language, 'messages.json'), 'utf8'));
  await page.addInitScript((said) => {
    chrome.i18n.getMessage = (key, fill = []) =>
      (said[key]?.message ?? '').replace(/\$(\d)/g, (_, n) => [fill].flat()[n - 1] ?? '');
  }, messages);
};

/** Lets axe-core look for what keeps people out. */
export async function check(page) {
  const found = await new AxeBuilder({ page }).analyze();
  expect(found.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target).join(' ')}`)).toEqual([]);
}

/** By how many pixels a page is wider than its window. */
export const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** What of a page's words is cut off at its sides. */
export const cut = (page) => page.evaluate(() => {
  const words = document.querySelectorAll('button, summary, legend, label, p, h1, h2, h3, li span, bdi, select, input');
  return [...words]
    .filter((element) => element.checkVisibility() && element.clientWidth > 0 && !element.closest('.scroll'))
    .filter((element) => {
      const frame = (element.parentElement.closest('.choices, .list, .group, .notice, .toast') ?? document.documentElement).getBoundingClientRect();
      const box = element.getBoundingClientRect();
      const outside = box.left < frame.left - 1 || box.right > frame.right + 1;
      return outside || (element.matches('button, summary, .outcome') && element.scrollWidth > element.clientWidth + 1);
    })
    .map((element) => `${element.tagName.toLowerCase()}#${element.id}: ${element.textContent.trim().slice(0, 40)}`);
});
