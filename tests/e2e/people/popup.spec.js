// The popup in Chromium; flows.spec.js has what both browsers do.

import { crowd, usable } from './crowd.js';
import { call, expect, record, test } from './stage.js';

test('a button that was pressed stays where it is until it is let go', async ({ stage }) => {
  const page = await stage.visit('relay');
  const host = new URL(page.url()).hostname;
  await call(stage, (api, settings) => api.storage.local.set({ settings }), { version: 1, sites: { [host]: 'allow' } });
  const popup = await stage.popup(page.url());
  await popup.locator('#follow-default').hover();
  await popup.mouse.down();
  // The verdict is told in more lines than before, and all below it would move.
  const rows = ['private', 'public'].map((class_, n) => ({ surface: 'candidate', kind: 'host', class: class_, outcome: 'shown', detail: `10.0.0.${n}`, host, count: 3, first: 1, last: 2 }));
  await record(stage, page.url(), rows, 'block');
  await popup.evaluate(() => chrome.storage.session.get(null));
  await popup.mouse.up();
  await expect.poll(async () => (await stage.stored()).sites).toEqual({});
  await expect(popup.locator('#verdict-text')).toHaveText(/^This site tried to read your local and public address/);
});

test('what was read before a change never hides it', async ({ stage }) => {
  const page = await stage.visit('relay');
  const host = new URL(page.url()).hostname;
  const popup = await stage.popup(page.url());
  // The first reading gets its answer at once, and to see it only after the second has been shown.
  await popup.evaluate(() => {
    const { local } = chrome.storage;
    const get = local.get.bind(local);
    let first = true;
    local.get = async (keys) => {
      const found = await get(keys);
      if (first && [keys].flat().includes('settings')) {
        first = false;
        await new Promise((resolve) => {
          window.release = resolve;
        });
      }
      return found;
    };
  });
  await call(stage, (api) => api.storage.session.set({ grants: '{ }' }));
  await popup.waitForFunction(() => window.release);
  await popup.locator('input[name=policy][value=allow]').check();
  await expect(popup.locator('#rule')).toHaveText('This site has a rule of its own.');
  await popup.evaluate(() => window.release());
  await popup.locator('#follow-default').click();
  await expect.poll(async () => (await stage.stored()).sites[host]).toBeUndefined();
});

test('a choice stays while it is on its way, whatever the page tries meanwhile', async ({ stage }) => {
  const page = await stage.visit('relay');
  const host = new URL(page.url()).hostname;
  const popup = await stage.popup(page.url());
  await popup.evaluate(() => {
    const { runtime } = chrome;
    const send = runtime.sendMessage.bind(runtime);
    runtime.sendMessage = async (...message) => {
      await new Promise((resolve) => {
        window.release = resolve;
      });
      return send(...message);
    };
  });
  const allow = popup.locator('input[name=policy][value=allow]');
  await allow.click();
  await popup.waitForFunction(() => window.release);
  await record(stage, page.url(), [{ surface: 'candidate', kind: 'host', class: 'private', outcome: 'hidden', detail: '192.168.1.23', host, count: 7, first: 1, last: 2 }]);
  await expect(popup.locator('#verdict-text')).toContainText('7 times');
  await expect(allow).toBeChecked();
  await popup.evaluate(() => window.release());
  await expect(popup.locator('#rule')).toHaveText('This site has a rule of its own.');
  await expect(allow).toBeChecked();
  expect((await stage.stored()).sites[host]).toBe('allow');
});

test('addresses are cut until the person asks', async ({ stage }) => {
  const page = await stage.visit('relay');
  const popup = await stage.popup(page.url());
  const row = (detail, host) => ({ surface: 'candidate', kind: 'host', class: 'private', outcome: 'hidden', detail, host, count: 3, first: 1, last: 2 });
  const host = new URL(page.url()).hostname;
  await record(stage, page.url(), [row('192.168.1.23', host), row('192.168.1.24', 'other.example')]);
  await expect(popup.locator('#verdict-text')).toHaveText('This site tried to read your local address 3 times. It didn’t get it.');
  await expect(popup.locator('#verdict-others')).toHaveText('Other sites on this page tried 3 times to learn your addresses. They got none.');
  await popup.locator('#group-candidate summary').click();
  await expect(popup.locator('#group-candidate-rows')).toContainText('192.168.1.…');
  await expect(popup.locator('body')).not.toContainText('192.168.1.23');
  await popup.locator('#show-addresses').click();
  await expect(popup.locator('#group-candidate-rows')).toContainText('192.168.1.23');
  // The other site has a switch of its own.
  const other = popup.getByLabel('Policy for other.example');
  await other.selectOption('block');
  await expect.poll(async () => (await stage.stored()).sites).toEqual({ 'other.example': 'block' });
});

test('pages that the browser keeps to itself are explained', async ({ stage }) => {
  const page = await stage.context.newPage();
  await page.goto('chrome://version/');
  const popup = await stage.popup(page.url());
  await expect(popup.locator('#verdict-text')).toContainText('Iceveil doesn’t run on this page.');
  await expect(popup.locator('#site-part')).toBeHidden();
});

test('a choice is made by keyboard alone', async ({ stage }) => {
  const page = await stage.visit('relay');
  const popup = await stage.popup(page.url());
  await popup.locator('input[name=policy]:checked').focus();
  await popup.keyboard.press('ArrowDown');
  await expect.poll(async () => Object.values((await stage.stored()).sites)).toEqual(['block']);
  await expect(popup.locator('input[name=policy][value=block]')).toBeFocused();
});

test('with 10,000 attempts and 5,000 sites it makes no more than a person can read', async ({ stage }) => {
  const page = await stage.visit('relay');
  await crowd(stage, page.url());
  const popup = await stage.popup(page.url());
  await expect(popup.locator('#verdict-text')).toHaveText('This site tried to read your local address 8,750 times. It didn’t get it.');
  await expect(popup.locator('#verdict-others')).toHaveText('Other sites on this page tried 1,250 times to learn your addresses. They got none.');
  const elements = () => popup.evaluate(() => document.querySelectorAll('*').length);
  expect(await elements()).toBeLessThan(1200);
  for (const group of await popup.locator('details.group > summary').all()) await group.click();
  await expect(popup.locator('.rows li')).toHaveCount(3 * 40);
  expect(await elements()).toBeLessThan(3 * 40 * 10 + 1200);
  await popup.locator('#group-candidate-more').click();
  await expect(popup.locator('#group-candidate-rows li')).toHaveCount(240);
  // Its controls work: the page's own switch, and one of a frame's.
  await popup.locator('input[name=policy][value=block]').check();
  await expect.poll(async () => (await stage.stored()).sites[new URL(page.url()).hostname]).toBe('block');
  await popup.locator('#frame-0').selectOption('allow');
  await expect.poll(async () => Object.keys((await stage.stored()).sites).length).toBe(5002);
  const time = await usable(stage, page.url());
  test.info().annotations.push({ type: 'popup usable', description: `${time.toFixed(0)} ms` });
});
