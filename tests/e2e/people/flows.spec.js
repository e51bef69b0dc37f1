// What people do, in both browsers: each step with what Chromium's pages and Firefox's tabs both have.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { call, expect, gather, test } from './stage.js';

/** Asks until a page's element says this. */
const says = (page, selector, words) => expect.poll(() => page.textContent(selector), selector).toMatch(words);

const shows = (page, selector, shown = true) => expect.poll(() => page.isVisible(selector), selector).toBe(shown);

const sites = async (stage) => (await stage.stored())?.sites;

const count = (page, selector) => page.evaluate((of) => document.querySelectorAll(of).length, selector);

test('the verdict is read, and follows the page', async ({ stage, peer }) => {
  const page = await stage.visit('relay');
  const popup = await stage.popup(`${peer.origin('relay')}/probe.html`);
  expect(await popup.textContent('#site')).toBe('relay.iceveil.test');
  expect(await popup.textContent('#verdict-text')).toBe('This site hasn’t used WebRTC on this page.');
  expect(await popup.isChecked('input[name=policy][value=relay-only]')).toBe(true);
  expect(await gather(page)).toEqual([]);
  await says(popup, '#verdict-text', /^This site uses WebRTC, but hasn’t asked for your addresses\.$/);
  await shows(popup, '#no-relay');
  await popup.check('input[name=policy][value=public-only]');
  await shows(popup, '#no-relay', false);
  await expect.poll(() => gather(page)).not.toEqual([]);
  await says(popup, '#verdict-text', /^This site tried to read .* times\. /);
  await shows(popup, '#group-candidate');
});

test('a policy chosen for good takes effect at once and lasts', async ({ stage, peer }) => {
  const page = await stage.visit('relay');
  const popup = await stage.popup(`${peer.origin('relay')}/probe.html`);
  await popup.check('input[name=policy][value=allow]');
  await expect.poll(() => sites(stage)).toEqual({ 'relay.iceveil.test': 'allow' });
  await says(popup, '#rule', /^This site has a rule of its own\.$/);
  await expect.poll(() => gather(page)).not.toEqual([]);
  await popup.click('#follow-default');
  await expect.poll(() => sites(stage)).toEqual({});
  await expect.poll(() => gather(page)).toEqual([]);
});

test('a policy until the tab is closed ends with the tab', async ({ stage, peer }) => {
  const page = await stage.visit('relay');
  const popup = await stage.popup(`${peer.origin('relay')}/probe.html`);
  await popup.check('input[name=duration][value=tab]');
  await popup.check('input[name=policy][value=allow]');
  await says(popup, '#rule', /^Ends when this tab is closed\.$/);
  await expect.poll(() => gather(page)).not.toEqual([]);
  expect(await sites(stage)).toEqual({});
  await page.close();
  await popup.close();
  await expect.poll(() => call(stage, async (api) => (await api.storage.session.get('grants')).grants)).toBe('{}');
  const again = await stage.visit('relay');
  expect(await gather(again)).toEqual([]);
});

test('block refuses connections and says so', async ({ stage, peer }) => {
  const page = await stage.visit('relay');
  const popup = await stage.popup(`${peer.origin('relay')}/probe.html`);
  await popup.check('input[name=policy][value=block]');
  await expect.poll(() => page.evaluate(() => {
    try {
      new RTCPeerConnection().close();
      return 'made';
    } catch (error) {
      return error.name;
    }
  })).not.toBe('made');
  await says(popup, '#verdict-text', /It was blocked\.$/);
});

test('sites are added, searched, removed and brought back', async ({ stage }) => {
  const page = await stage.options();
  for (const [host, policy] of [['MÜNCHEN.example', 'allow'], ['*.meet.example', 'public-only']]) {
    await page.fill('#site-host', host);
    await page.selectOption('#site-policy', policy);
    await page.click('#site-save');
    await says(page, '#sites', host.replace('*.', '').toLowerCase());
  }
  expect(await sites(stage)).toEqual({ 'xn--mnchen-3ya.example': 'allow', 'meet.example': 'public-only' });
  await page.fill('#site-search', 'münch');
  await expect.poll(() => count(page, '#sites li')).toBe(1);
  await says(page, '#site-count', /^1 site$/);
  await page.click('#sites [data-action=remove]');
  await expect.poll(() => sites(stage)).toEqual({ 'meet.example': 'public-only' });
  await page.click('#undo');
  await expect.poll(() => sites(stage)).toEqual({ 'xn--mnchen-3ya.example': 'allow', 'meet.example': 'public-only' });
});

test('what is exported can be imported after a look at it, and taken back', async ({ stage }) => {
  await call(stage, (api, settings) => api.storage.local.set({ settings }), { version: 1, sites: { 'a.example': 'allow' } });
  const page = await stage.options();
  await expect.poll(() => count(page, '#sites li')).toBe(1);
  const exported = JSON.parse(await stage.download(page, '#export'));
  expect(exported.sites).toEqual({ 'a.example': 'allow' });

  const folder = await mkdtemp(join(tmpdir(), 'iceveil-import-'));
  const file = join(folder, 'settings.json');
  await writeFile(file, JSON.stringify({ ...exported, defaultPolicy: 'block', sites: { 'b.example': 'public-only' } }));
  await page.setInputFiles('#import-file', file);
  await expect.poll(() => count(page, '#preview-rows li')).toBe(3);
  await says(page, '#preview-rows', /Relay only → Block/);
  expect(await sites(stage)).toEqual({ 'a.example': 'allow' });
  await page.click('#preview-apply');
  await expect.poll(() => sites(stage)).toEqual({ 'b.example': 'public-only' });
  await page.click('#undo');
  await expect.poll(() => sites(stage)).toEqual({ 'a.example': 'allow' });

  await writeFile(file, '{"version":1,"defaultPolicy":"open"}');
  await page.setInputFiles('#import-file', file);
  await says(page, '#import-error', /“defaultPolicy”/);
  expect(await sites(stage)).toEqual({ 'a.example': 'allow' });
  await rm(folder, { recursive: true });
});
