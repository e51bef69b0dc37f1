// The pages with everything there is to show, and what is looked for on them.

import AxeBuilder from '@axe-core/playwright';
import { call, expect, record } from './stage.js';

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

/** The popup, the options page and the welcome page. */
export async function pages(stage) {
  const popup = await stage.popup(await fill(stage));
  await expect(popup.locator('#verdict')).toHaveAttribute('data-state', 'got');
  await popup.setViewportSize({ width: 384, height: 600 });
  await popup.evaluate(() => {
    for (const folded of document.querySelectorAll('details')) folded.open = true;
  });
  await expect(popup.locator('.rows li').first()).toBeVisible();
  const options = await stage.options();
  await expect(options.locator('#sites li')).toHaveCount(2);
  await options.locator('#import-file').setInputFiles({
    name: 'a.json', mimeType: 'application/json', buffer: Buffer.from('{"version":1,"defaultPolicy":"block","sites":{"b.example":"allow"}}'),
  });
  await expect(options.locator('#preview')).toBeVisible();
  const welcome = await stage.open('welcome.html');
  await expect(welcome.locator('input:checked')).toHaveCount(1);
  return [popup, options, welcome];
}

/** Lets axe-core look for what keeps people out. */
export async function check(page) {
  const found = await new AxeBuilder({ page }).analyze();
  expect(found.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target).join(' ')}`)).toEqual([]);
}

/** By how many pixels a page is wider than its window. */
export const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
