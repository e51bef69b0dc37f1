// The options page in both browsers: a site's rule edited and removed, the history, a reset.

import { call, expect, gather, test } from './stage.js';

const HOST = 'relay.iceveil.test';

const says = (page, selector, words) => expect.poll(() => page.textContent(selector), selector).toMatch(words);
const shows = (page, selector, shown = true) => expect.poll(() => page.isVisible(selector), selector).toBe(shown);
const put = (stage, settings) => call(stage, (api, value) => api.storage.local.set({ settings: value }), { version: 1, browserProtection: 'off', ...settings });
const sites = async (stage) => (await stage.stored()).sites;
const focused = (page) => page.evaluate(() => document.activeElement.id);
const lines = (page, selector) => page.evaluate((of) => Array.from(document.querySelectorAll(of), (one) => one.textContent), selector);
const typed = (page) => page.evaluate(() => document.querySelector('#site-host').value);
const at = (id) => `[id="${id}"]`;

async function save(page, host, policy) {
  await page.fill('#site-host', host);
  await page.selectOption('#site-policy', policy);
  await page.click('#site-save');
}

test('a site’s rule is edited, renamed and removed, each with a way back, and takes effect', async ({ stage }) => {
  const page = await stage.visit('relay');
  await put(stage, { sites: { [HOST]: 'block', 'z.example': 'allow' } });
  const options = await stage.options();

  // In its line, at once.
  await options.selectOption(at(`site:${HOST}`), 'public-only');
  await expect.poll(() => sites(stage)).toEqual({ [HOST]: 'public-only', 'z.example': 'allow' });
  await expect.poll(() => gather(page).catch(() => [])).not.toEqual([]);

  // By the form, with another name too.
  await options.click(at(`edit:${HOST}`));
  expect(await options.evaluate(() => [document.querySelector('#site-host').value, document.querySelector('#site-policy').value])).toEqual([HOST, 'public-only']);
  await says(options, '#site-save', /^Save$/);
  await save(options, 'iceveil.test', 'relay-only');
  await expect.poll(() => sites(stage)).toEqual({ 'iceveil.test': 'relay-only', 'z.example': 'allow' });
  await expect.poll(() => gather(page)).toEqual([]);
  await says(options, '#site-save', /^Add$/);
  await says(options, '#toast-text', /^Rule for iceveil\.test changed\.$/);
  await expect.poll(() => focused(options)).toBe('edit:iceveil.test');
  await options.click('#undo');
  await expect.poll(() => sites(stage)).toEqual({ [HOST]: 'public-only', 'z.example': 'allow' });
  await expect.poll(() => gather(page)).not.toEqual([]);

  // A rule that is there already isn't lost unseen.
  await save(options, HOST, 'relay-only');
  await expect.poll(() => sites(stage)).toEqual({ [HOST]: 'relay-only', 'z.example': 'allow' });
  await options.click('#undo');
  await expect.poll(() => sites(stage)).toEqual({ [HOST]: 'public-only', 'z.example': 'allow' });

  // Given up: nothing changes.
  await options.click(at('edit:z.example'));
  await options.click('#site-cancel');
  await shows(options, '#site-cancel', false);
  expect(await focused(options)).toBe('edit:z.example');

  await options.click(at(`remove:${HOST}`));
  await expect.poll(() => sites(stage)).toEqual({ 'z.example': 'allow' });
  await expect.poll(() => gather(page)).toEqual([]);
  await options.click('#undo');
  await expect.poll(() => gather(page)).not.toEqual([]);

  // What was said goes when the person wants, and nothing is taken back then.
  for (const away of [() => options.click('#toast-close'), () => options.keyboard.press('Escape')]) {
    await options.click(at(`remove:${HOST}`));
    await expect.poll(() => focused(options)).toBe('undo');
    await away();
    await shows(options, '#toast', false);
    expect(await focused(options)).toBe('site-host'); // with one site there is no search
    expect(await sites(stage)).toEqual({ 'z.example': 'allow' });
    await save(options, HOST, 'public-only');
    await expect.poll(() => sites(stage)).toEqual({ [HOST]: 'public-only', 'z.example': 'allow' });
  }
});

test('what is typed while a rule is being saved stays', async ({ stage }) => {
  await put(stage, { sites: { 'z.example': 'allow' } });
  const options = await stage.options();
  const saveAndType = (text) => options.evaluate((next) => {
    document.querySelector('#site-form').requestSubmit();
    document.querySelector('#site-host').value = next;
  }, text);
  await options.fill('#site-host', 'a.example');
  await saveAndType('b.example');
  await expect.poll(async () => Object.keys(await sites(stage)).sort()).toEqual(['a.example', 'z.example']);
  await says(options, '#sites', /a\.example/);
  expect(await typed(options)).toBe('b.example');

  // An edit ends all the same.
  await options.click(at('edit:z.example'));
  await saveAndType('b.example');
  await says(options, '#site-save', /^Add$/);
  expect(await typed(options)).toBe('b.example');
  await options.click('#site-save');
  await expect.poll(async () => Object.keys(await sites(stage)).sort()).toEqual(['a.example', 'b.example', 'z.example']);
});

test('a list without rules, a search without result and a rule that the search would hide', async ({ stage }) => {
  const options = await stage.options();
  await says(options, '#sites-none', /^No rules yet: the default holds for every site\.$/);
  await shows(options, '#site-find', false);
  for (const host of ['a.example', 'b.example']) {
    await save(options, host, 'allow');
    await says(options, '#sites', host);
  }
  await shows(options, '#sites-none', false);
  await options.fill('#site-search', 'nowhere');
  await says(options, '#site-count', /^No site matches\.$/);
  await save(options, 'c.example', 'block');
  await says(options, '#site-count', /^3 sites$/);
  await says(options, '#sites', 'c.example');
});

test('a file that doesn’t fit says why and changes nothing', async ({ stage, importing }) => {
  const options = await stage.options();
  const before = await stage.stored();
  for (const [text, words] of [
    ['{"version":1,', /isn’t JSON/],
    ['{"version":7}', /newer version/],
    ['{"version":1,"defaultPolicy":"open"}', /“defaultPolicy”/],
    ['{"version":1,"sites":{"a b":"allow"}}', /“a b” isn’t a host name/],
    ['[]', /isn’t a settings document/],
  ]) {
    await importing(options, text);
    await says(options, '#import-error', words);
    await shows(options, '#preview', false);
  }
  expect(await stage.stored()).toEqual(before);
});

test('a reset of all settings shows what it takes away, takes effect and can be taken back', async ({ stage }) => {
  const page = await stage.visit('relay');
  const set = { defaultPolicy: 'allow', sites: { 'a.example': 'block' }, history: false };
  await put(stage, set);
  const options = await stage.options();
  await expect.poll(() => gather(page)).not.toEqual([]);
  await options.click('#reset');
  await says(options, '#preview-heading', /^What a reset would change$/);
  await expect.poll(() => lines(options, '#preview-rows li')).toEqual([
    'Default for all sitesAllow → Relay only', 'Browser protectionOff → Standard', 'Keep counts for each siteOff → On', 'a.exampleBlock (removed)',
  ]);
  await options.click('#preview-cancel');
  expect(await stage.stored()).toMatchObject(set);
  await options.click('#reset');
  await options.click('#preview-apply');
  await expect.poll(() => stage.stored()).toEqual({ version: 1, defaultPolicy: 'relay-only', sites: {}, browserProtection: 'standard', history: true, sync: false });
  await expect.poll(() => gather(page)).toEqual([]);
  await options.click('#undo');
  await expect.poll(() => stage.stored()).toMatchObject(set);
  await expect.poll(() => gather(page)).not.toEqual([]);
  await put(stage, { browserProtection: 'standard' });
  await expect.poll(() => options.isChecked('input[name=default][value=relay-only]')).toBe(true);
  await options.click('#reset');
  await says(options, '#preview-heading', /^Everything is already as it came\.$/);
  await shows(options, '#preview-apply', false);
});

test('history: counts by the site that tried, one of them cleared, all cleared, and switched off', async ({ stage, peer }) => {
  const stored = () => call(stage, async (api) => JSON.parse((await api.storage.local.get('history')).history ?? '{}'));
  await put(stage, { defaultPolicy: 'public-only' });
  const page = await stage.visit('relay');
  // A frame of another site, which tries by itself.
  await page.evaluate((src) => {
    const frame = document.createElement('iframe');
    document.body.append(Object.assign(frame, { src }));
  }, `${peer.origin('other')}/tries.html`);
  await gather(page);
  await expect.poll(async () => Object.keys(await stored()).sort()).toEqual(['other.iceveil.test', HOST]);
  const kept = await stored();
  for (const { tried } of Object.values(kept)) expect(tried).toBeGreaterThan(0);
  // Counts and a day: no address, nothing else.
  for (const counts of Object.values(kept)) expect(Object.keys(counts).sort()).toEqual(['day', 'stopped', 'tried']);

  const options = await stage.options();
  await expect.poll(async () => (await lines(options, '#history-rows bdi')).sort()).toEqual(['other.iceveil.test', HOST]);
  await options.click(at('clear:other.iceveil.test'));
  await says(options, '#toast-text', /^Counts for other\.iceveil\.test cleared\.$/);
  await expect.poll(() => lines(options, '#history-rows bdi')).toEqual([HOST]);
  await expect.poll(() => focused(options)).toBe(`clear:${HOST}`);
  expect(Object.keys(await stored())).toEqual([HOST]);
  await options.click('#history-clear');
  await says(options, '#history-none', /^No counts yet\.$/);
  await shows(options, '#history-part', false);
  expect(await stored()).toEqual({});

  await options.click('#history-on');
  await expect.poll(async () => (await stage.stored()).history).toBe(false);
  await shows(options, '#history-none', false);
  const again = await stage.visit('relay');
  await gather(again);
  // Longer than a count waits for its writing.
  await new Promise((resolve) => setTimeout(resolve, 4000));
  expect(await stored()).toEqual({});
});
