// Data that survives, in both browsers: a full storage, a broken document, two windows at once.

import { call, expect, test } from './stage.js';

const says = (page, selector, words) => expect.poll(() => page.textContent(selector), selector).toMatch(words);
const count = (page, selector) => page.evaluate((of) => document.querySelectorAll(of).length, selector);
const sitesOf = async (stage) => Object.keys((await stage.stored())?.sites ?? {}).sort();

const add = async (page, host) => {
  await page.fill('#site-host', host);
  await page.click('#site-save');
};

test('a full storage is told of, and loses nothing', async ({ stage }) => {
  const page = await stage.options();
  await add(page, 'a.example');
  await expect.poll(() => sitesOf(stage)).toEqual(['a.example']);
  await stage.fill();
  await add(page, 'b.example');
  await says(page, '#failed-text', /^The browser’s storage for extensions is full\. Nothing was saved\.$/);
  expect(await sitesOf(stage)).toEqual(['a.example']);
  await stage.restore();
  await page.click('#site-save');
  await expect.poll(() => sitesOf(stage)).toEqual(['a.example', 'b.example']);
  await expect.poll(() => page.isVisible('#failed')).toBe(false);
});

test('what doesn’t fit into the browser’s sync is told of', async ({ stage }) => {
  const sites = Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`site${n}.example`, 'allow']));
  await call(stage, (api, settings) => api.storage.local.set({ settings }), { version: 1, sites, browserProtection: 'off' });
  const page = await stage.options();
  await page.click('#sync-on');
  await says(page, '#sync-error', /^The settings are too large for the browser’s sync\. They stay on this device\.$/);
  expect(await sitesOf(stage)).toHaveLength(5000);
});

test('a broken document is kept aside and told of', async ({ stage }) => {
  const broken = { version: 1, defaultPolicy: 'open', sites: { 'a.example': 'allow' } };
  await call(stage, (api, settings) => api.storage.local.set({ settings }), broken);
  await expect.poll(() => stage.stored('settingsBroken')).toEqual(broken);
  const page = await stage.options();
  await says(page, '#broken-text', /“defaultPolicy”.*“Relay only” holds/);
  expect(await page.isChecked('input[name=default][value=relay-only]')).toBe(true);
  expect(JSON.parse(await stage.download(page, '#broken-save'))).toEqual(broken);
  await page.click('#broken-discard');
  await expect.poll(() => page.isVisible('#broken')).toBe(false);
});

test('two windows that edit at once lose nothing', async ({ stage }) => {
  const pages = [await stage.options(), await stage.options()];
  const submit = (page, host) => page.evaluate((name) => {
    document.querySelector('#site-host').value = name;
    document.querySelector('#site-form').requestSubmit();
  }, host);
  await Promise.all(Array.from({ length: 10 }, (_, n) => submit(pages[n % 2], `site${n}.example`)));
  for (const page of pages) await expect.poll(() => count(page, '#sites li')).toBe(10);
  expect(await sitesOf(stage)).toHaveLength(10);
});
