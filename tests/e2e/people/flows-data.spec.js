// Data that survives, in both browsers: a full storage, a broken document, two windows at once.

import { call, expect, gather, test } from './stage.js';

const says = (page, selector, words) => expect.poll(() => page.textContent(selector), selector).toMatch(words);
const count = (page, selector) => page.evaluate((of) => document.querySelectorAll(of).length, selector);
const sitesOf = async (stage) => Object.keys((await stage.stored())?.sites ?? {}).sort();

/** The documents that are kept aside, the newest last. */
const kept = (stage) => call(stage, async (api) => ((await api.storage.local.get('settingsBroken')).settingsBroken ?? []).map((text) => JSON.parse(text)));

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
  await expect.poll(() => kept(stage)).toEqual([broken]);
  const page = await stage.options();
  await says(page, '#broken-text', /“defaultPolicy”.*“Relay only” holds/);
  expect(await page.isChecked('input[name=default][value=relay-only]')).toBe(true);
  expect(JSON.parse(await stage.download(page, '#broken-save'))).toEqual(broken);
  await page.click('#broken-discard');
  await expect.poll(() => page.isVisible('#broken')).toBe(false);
});

test('the popup shows the settings as they are, whatever their copy says', async ({ stage }) => {
  await stage.visit('other');
  const chosen = (popup) => popup.evaluate(() => document.querySelector('input[name=policy]:checked')?.value);
  const copied = () => call(stage, async (api) => (await api.storage.session.get('settingsCopy')).settingsCopy?.own);
  await expect.poll(copied).toContain('"defaultPolicy":"relay-only"');
  for (const copy of [{ own: '{"version":1,"defaultPolicy":"block"}' }, { own: '{' }, {}, 'nothing', null]) {
    await call(stage, (api, settingsCopy) => api.storage.session.set({ settingsCopy }), copy);
    const popup = await stage.popup(`${stage.origin('other')}/probe.html`);
    await expect.poll(() => chosen(popup), JSON.stringify(copy)).toBe('relay-only');
    if (copy?.own) await expect.poll(copied).toContain('"defaultPolicy":"relay-only"');
    await popup.close();
  }
  const settings = { ...(await stage.stored()), defaultPolicy: 'public-only' };
  await call(stage, (api, changed) => api.storage.local.set({ settings: changed }), settings);
  await expect.poll(copied).toContain('"defaultPolicy":"public-only"');
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

// The document has had one version so far; what it said grew.
const EARLIER = {
  'nothing but its version': [{ version: 1 }, {}],
  'the version as a fraction': [{ version: 1.0, sites: {} }, {}],
  'before history and sync': [{ version: 1, defaultPolicy: 'relay-only', sites: { 'meet.example': 'allow' }, browserProtection: 'off' }, { 'meet.example': 'allow' }],
  'with fields that are not known': [{ version: 1, sites: { 'münchen.example': 'block', '*.MEET.example': 'allow' }, later: { a: [1] } }, { 'xn--mnchen-3ya.example': 'block', 'meet.example': 'allow' }],
};

test('documents of every version before load', async ({ stage }) => {
  for (const [what, [settings, sites]] of Object.entries(EARLIER)) {
    await call(stage, (api, value) => api.storage.local.set({ settings: value }), settings);
    const page = await stage.options();
    await add(page, 'new.example');
    await expect.poll(() => sitesOf(stage), what).toEqual([...Object.keys(sites), 'new.example'].sort());
    expect(await kept(stage), what).toEqual([]);
    // What this version doesn't know is kept for one that does.
    expect((await stage.stored()).later ?? null, what).toEqual(settings.later ?? null);
    await page.close();
  }
});

const many = (length) => Object.fromEntries(Array.from({ length }, (_, n) => [`site${n}.example`, 'allow']));
const HOSTILE = {
  'no version': { defaultPolicy: 'allow' },
  'a version to come': { version: 2, defaultPolicy: 'allow' },
  'a version in words': { version: '1', defaultPolicy: 'allow' },
  'a list': [{ version: 1, defaultPolicy: 'allow' }],
  'a text': '{"version":1,"defaultPolicy":"allow"}',
  'a number': 1,
  'sites in a list': { version: 1, defaultPolicy: 'allow', sites: ['a.example'] },
  'a site twice': { version: 1, defaultPolicy: 'allow', sites: { 'a.example': 'block', 'A.example': 'allow' } },
  'a switch in words': { version: 1, defaultPolicy: 'allow', history: 'yes' },
  'a hundred thousand sites': { version: 1, defaultPolicy: 'allow', sites: many(100_000) },
  'a megabyte for a policy': { version: 1, defaultPolicy: 'allow'.repeat(200_000) },
};

test('documents that don’t fit are kept aside whole, and “Relay only” holds', async ({ stage }) => {
  const page = await stage.visit('relay');
  for (const [what, settings] of Object.entries(HOSTILE)) {
    await call(stage, (api, value) => api.storage.local.set({ settings: value }), settings);
    // Of those that are long, the length says enough.
    const { length } = JSON.stringify(settings);
    const lengths = () => call(stage, async (api) => (await api.storage.local.get('settingsBroken')).settingsBroken?.map((text) => text.length));
    await expect.poll(lengths, what).toEqual([length]);
    if (length < 1000) expect(await kept(stage), what).toEqual([settings]);
    await expect.poll(() => gather(page), what).toEqual([]);
    const options = await stage.open('options.html');
    await expect.poll(() => options.textContent('#broken-text'), what).toMatch(/“Relay only” holds until you choose anew/);
    await options.click('#broken-discard');
    await expect.poll(() => options.isVisible('#broken'), what).toBe(false);
    expect(await call(stage, async (api) => Object.keys(await api.storage.local.get(['settingsBroken', 'settingsProblem']))), what).toEqual([]);
    await options.close();
  }
});
