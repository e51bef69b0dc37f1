// The options page: sites, import and export, what is kept aside, two windows at once.

import { call, expect, gather, test } from './stage.js';

test('a site is added, found, edited, removed and brought back', async ({ stage }) => {
  const page = await stage.options();
  const add = async (host, policy) => {
    await page.locator('#site-host').fill(host);
    await page.locator('#site-policy').selectOption(policy);
    await page.locator('#site-save').click();
  };
  await add('MÜNCHEN.example', 'allow');
  await expect(page.locator('#sites')).toContainText('münchen.example');
  expect((await stage.stored()).sites).toEqual({ 'xn--mnchen-3ya.example': 'allow' });
  await add('*.meet.example', 'public-only');
  await expect(page.locator('#sites li')).toHaveCount(2);

  await add('not a host', 'allow');
  await expect(page.locator('#site-error')).toContainText('“not a host” isn’t a host name');
  await expect(page.locator('#site-host')).toBeFocused();
  await expect(page.locator('#site-host')).toHaveAttribute('aria-invalid', 'true');

  await page.locator('#site-search').fill('münch');
  await expect(page.locator('#sites li')).toHaveCount(1);
  await expect(page.locator('#site-count')).toHaveText('1 site');
  await page.locator('#site-search').fill('');

  await page.getByRole('button', { name: 'Edit the rule for meet.example' }).click();
  await expect(page.locator('#site-host')).toHaveValue('meet.example');
  await add('eu.meet.example', 'block');
  await expect.poll(async () => (await stage.stored()).sites).toEqual({ 'xn--mnchen-3ya.example': 'allow', 'eu.meet.example': 'block' });

  await page.getByRole('button', { name: 'Remove the rule for eu.meet.example' }).click();
  await expect(page.locator('#undo')).toBeFocused();
  await expect(page.locator('#sites li')).toHaveCount(1);
  await page.locator('#undo').press('Enter');
  await expect(page.locator('#sites li')).toHaveCount(2);
  expect((await stage.stored()).sites['eu.meet.example']).toBe('block');
});

test('while a document is broken, relay-only holds on every page', async ({ stage }) => {
  const page = await stage.visit('relay');
  const open = { version: 1, defaultPolicy: 'allow', sites: {}, browserProtection: 'off' };
  await call(stage, (api, settings) => api.storage.local.set({ settings }), open);
  await expect.poll(() => gather(page)).not.toEqual([]);
  await call(stage, (api, settings) => api.storage.local.set({ settings }), { ...open, version: 99 });
  await expect.poll(() => gather(page)).toEqual([]);
  const kept = async () => (await stage.stored('settingsBroken')).map((text) => JSON.parse(text));
  expect(await kept()).toEqual([{ ...open, version: 99 }]);
  // Another takes nothing from the first.
  await call(stage, (api) => api.storage.local.set({ settings: ['no', 'settings'] }));
  await expect.poll(kept).toEqual([{ ...open, version: 99 }, ['no', 'settings']]);
  const options = await stage.options();
  expect(JSON.parse(await stage.download(options, '#broken-save'))).toEqual(await kept());
  expect(await gather(page)).toEqual([]);
  const popup = await stage.popup(page.url());
  await expect(popup.locator('#broken')).toBeVisible();
});

test('a full storage is told of, and loses nothing', async ({ stage }) => {
  await call(stage, (api, settings) => api.storage.local.set({ settings }), { version: 1, sites: { 'a.example': 'allow' } });
  const page = await stage.options();
  await expect(page.locator('#sites li')).toHaveCount(1);
  await call(stage, async (api) => {
    const left = api.storage.local.QUOTA_BYTES - (await api.storage.local.getBytesInUse(null));
    await api.storage.local.set({ filler: 'x'.repeat(left - 40) });
  });
  const add = async () => {
    await page.locator('#site-host').fill('a-site-with-a-rather-long-name.example');
    await page.locator('#site-save').click();
  };
  await add();
  await expect(page.locator('#failed-text')).toHaveText('The browser’s storage for extensions is full. Nothing was saved.');
  expect((await stage.stored()).sites).toEqual({ 'a.example': 'allow' });
  await expect(page.locator('#site-host')).toHaveValue('a-site-with-a-rather-long-name.example');
  await call(stage, (api) => api.storage.local.remove('filler'));
  await add();
  await expect(page.locator('#sites li')).toHaveCount(2);
  await expect(page.locator('#failed')).toBeHidden();
});

test('settings travel by the browser’s sync, and what is too large for it is told of', async ({ stage }) => {
  const local = { version: 1, sites: { 'here.example': 'allow' }, browserProtection: 'off' };
  await call(stage, (api, settings) => api.storage.local.set({ settings }), local);
  const page = await stage.options();
  await page.locator('#sync-on').check();
  const sent = () => call(stage, async (api) => {
    const found = await api.storage.sync.get(null);
    const pieces = Array.from({ length: found.settings ?? 0 }, (_, n) => found[`settings${n}`]);
    return pieces.length ? JSON.parse(pieces.join('')).sites : null;
  });
  await expect.poll(sent).toEqual(local.sites);
  // Another device writes.
  await call(stage, (api, text) => api.storage.sync.set({ settings: 1, settings0: text }), JSON.stringify({ ...local, sites: { 'there.example': 'block' } }));
  await expect.poll(async () => (await stage.stored()).sites).toEqual({ 'there.example': 'block' });
  await expect(page.locator('#sites')).toContainText('there.example');

  const many = Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`site${n}.example`, 'allow']));
  await call(stage, (api, settings) => api.storage.local.set({ settings }), { ...local, sync: true, sites: many });
  await expect(page.locator('#sync-error')).toHaveText('The settings are too large for the browser’s sync. They stay on this device.');
  await page.locator('#sync-on').uncheck();
  await expect(page.locator('#sync-error')).toBeHidden();
  await call(stage, (api) => api.storage.sync.clear());
});

for (const sync of [false, true]) {
  test(`two windows that edit at once lose nothing, ${sync ? 'with' : 'without'} sync`, async ({ stage }) => {
    await call(stage, (api, settings) => api.storage.local.set({ settings }), { version: 1, browserProtection: 'off', sync });
    const [one, other] = [await stage.options(), await stage.options()];
    const add = (page, host) => page.evaluate((name) => {
      document.querySelector('#site-host').value = name;
      document.querySelector('#site-form').requestSubmit();
    }, host);
    await Promise.all(Array.from({ length: 10 }, (_, n) => add(n % 2 ? one : other, `site${n}.example`)));
    await expect(one.locator('#sites li')).toHaveCount(10);
    await expect(other.locator('#sites li')).toHaveCount(10);
    // Nothing that is still under way takes one of them away again: the other devices get all ten.
    const sent = () => call(stage, async (api) => JSON.stringify(await api.storage.sync.get(null)).match(/site\d/g)?.length ?? 0);
    await expect.poll(sent).toBe(sync ? 10 : 0);
    expect(Object.keys((await stage.stored()).sites)).toHaveLength(10);
    await call(stage, (api) => api.storage.sync.clear());
  });
}

test('the situation sets the browser’s own setting', async ({ stage }) => {
  const page = await stage.options();
  const held = () => call(stage, async (api) => (await api.privacy.network.webRTCIPHandlingPolicy.get({})));
  await page.locator('input[name=situation][value=proxy]').check();
  await expect.poll(async () => (await held()).value).toBe('disable_non_proxied_udp');
  await page.locator('input[name=situation][value=off]').check();
  await expect.poll(async () => (await held()).levelOfControl).toBe('controllable_by_this_extension');
  await page.locator('input[name=situation][value=neither]').check();
  await expect.poll(async () => (await held()).value).toBe('default_public_interface_only');
  await expect(page.locator('input[name=situation][value=neither]')).toBeChecked();
});

test('five thousand sites are searched as one types', async ({ stage }) => {
  const sites = Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`site${n}.example`, 'allow']));
  await call(stage, (api, settings) => api.storage.local.set({ settings }), { version: 1, sites });
  const page = await stage.options();
  await expect(page.locator('#site-count')).toHaveText('5,000 sites');
  expect(await page.locator('#sites li').count()).toBeLessThan(200);
  await page.locator('#site-search').fill('site4999');
  await expect(page.locator('#sites li')).toHaveCount(1);
});

test('the welcome page asks once', async ({ stage }) => {
  const page = await stage.open('welcome.html');
  await page.locator('input[name=situation][value=proxy]').check();
  await page.locator('#welcome-save').click();
  await expect(page.locator('#welcome-done')).toHaveText('Saved. You can close this page.');
  expect((await stage.stored()).browserProtection).toBe('proxied-only');
});
