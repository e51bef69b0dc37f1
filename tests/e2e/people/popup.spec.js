// The popup: read the verdict, change a policy, see it take effect.

import { call, expect, gather, record, test } from './stage.js';

test('a quiet page is said to be quiet', async ({ stage }) => {
  const page = await stage.visit('relay');
  const popup = await stage.popup(page.url());
  await expect(popup.locator('#verdict-text')).toHaveText('This site hasn’t used WebRTC on this page.');
  await expect(popup.locator('#site')).toHaveText(new URL(page.url()).hostname);
  await expect(popup.getByRole('radio', { name: /^Relay only/ }).first()).toBeChecked();
});

test('the verdict follows the page while the popup is open', async ({ stage }) => {
  const page = await stage.visit('relay');
  const popup = await stage.popup(page.url());
  await gather(page);
  await expect(popup.locator('#verdict-text')).not.toHaveText(/hasn’t used WebRTC/);
  await expect(popup.locator('#group-connection')).toBeVisible();
});

test('a page without relay is told of, and one click helps', async ({ stage }) => {
  const page = await stage.visit('relay');
  expect(await gather(page)).toEqual([]);
  const popup = await stage.popup(page.url());
  await expect(popup.locator('#no-relay')).toBeVisible();
  await popup.locator('#relay-tab').click();
  await expect(popup.locator('#no-relay')).toBeHidden();
  await expect(popup.locator('#rule')).toHaveText('Ends when this tab is closed.');
  await expect(popup.locator('#reload')).toBeVisible();
  await expect.poll(() => gather(page)).not.toEqual([]);
});

test('a policy chosen for good takes effect at once and lasts', async ({ stage }) => {
  const page = await stage.visit('relay');
  const host = new URL(page.url()).hostname;
  const popup = await stage.popup(page.url());
  await popup.locator('input[name=policy][value=allow]').check();
  await expect.poll(async () => (await stage.stored()).sites).toEqual({ [host]: 'allow' });
  await expect(popup.locator('#rule')).toHaveText('This site has a rule of its own.');
  await expect.poll(() => gather(page)).not.toEqual([]);
  await popup.locator('#follow-default').click();
  await expect.poll(async () => (await stage.stored()).sites).toEqual({});
  await expect.poll(() => gather(page)).toEqual([]);
});

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

test('a policy until the tab is closed ends with the tab', async ({ stage }) => {
  const page = await stage.visit('relay');
  const url = page.url();
  const popup = await stage.popup(url);
  await popup.locator('input[name=duration][value=tab]').check();
  await popup.locator('input[name=policy][value=allow]').check();
  await expect.poll(() => gather(page)).not.toEqual([]);
  expect((await stage.stored()).sites).toEqual({});
  await page.close();
  await popup.close();
  await expect.poll(() => call(stage, async (api) => (await api.storage.session.get('grants')).grants)).toBe('{}');
  const again = await stage.visit('relay');
  expect(await gather(again)).toEqual([]);
});

test('block refuses connections and says so', async ({ stage }) => {
  const page = await stage.visit('relay');
  const popup = await stage.popup(page.url());
  await popup.locator('input[name=policy][value=block]').check();
  await expect.poll(() => page.evaluate(() => {
    try {
      new RTCPeerConnection();
      return 'made';
    } catch (error) {
      return error.name;
    }
  })).not.toBe('made');
  await expect(popup.locator('#verdict-text')).toHaveText(/It was blocked\.$/);
  await expect(popup.locator('#verdict')).toHaveAttribute('data-state', 'stopped');
});

test('the badge counts, and its title says the same in words', async ({ stage }) => {
  const page = await stage.visit('relay');
  await page.evaluate(async () => {
    const connection = new RTCPeerConnection({ iceServers: [{ urls: 'stun:127.0.0.1:9' }] });
    connection.createDataChannel('test');
    await connection.setLocalDescription();
  });
  const shown = () => call(stage, async (api, at) => {
    const tabId = (await api.tabs.query({})).find((one) => one.url === at).id;
    return [await api.action.getBadgeText({ tabId }), await api.action.getTitle({ tabId })];
  }, page.url());
  await expect.poll(async () => (await shown())[0]).not.toBe('');
  const [count, title] = await shown();
  expect(title).toMatch(new RegExp(`^Iceveil: Relay only\\n${count} attempts? stopped on this tab$`));
  await page.reload();
  await expect.poll(async () => (await shown())[0]).toBe('');
});

test('addresses are cut until the person asks', async ({ stage }) => {
  const page = await stage.visit('relay');
  const popup = await stage.popup(page.url());
  const row = (detail, host) => ({ surface: 'candidate', kind: 'host', class: 'private', outcome: 'hidden', detail, host, count: 3, first: 1, last: 2 });
  const host = new URL(page.url()).hostname;
  await record(stage, page.url(), [row('192.168.1.23', host), row('192.168.1.24', 'other.example')]);
  await expect(popup.locator('#verdict-text')).toHaveText('This site tried to read your local address 6 times. It didn’t get it.');
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

test('it is quick with thousands of attempts and sites', async ({ stage }) => {
  const page = await stage.visit('relay');
  const host = new URL(page.url()).hostname;
  const tab = await call(stage, async (api, at) => (await api.tabs.query({})).find((one) => one.url === at).id, page.url());
  /** The best of several openings: milliseconds until the popup can be used. */
  const usable = async () => {
    const times = [];
    for (let round = 0; round < 6; round += 1) {
      const popup = await stage.open(`popup.html?tab=${tab}`);
      await popup.waitForFunction(() => performance.getEntriesByName('usable').length > 0);
      times.push(await popup.evaluate(() => performance.getEntriesByName('usable')[0].startTime));
      await popup.close();
    }
    return Math.min(...times);
  };
  const empty = await usable();
  const sites = Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`site${n}.example`, 'allow']));
  await call(stage, (api, settings) => api.storage.local.set({ settings }), { version: 1, sites });
  const rows = Array.from({ length: 2000 }, (_, n) => ({
    surface: ['candidate', 'description', 'statistics'][n % 3], kind: 'host', class: 'private', outcome: 'hidden',
    detail: `10.0.${n % 250}.${(n >> 3) & 255}`, host: n % 8 ? host : `frame${n % 200}.example`, count: 5, first: 1, last: n,
  }));
  await record(stage, page.url(), rows);
  const full = await usable();
  test.info().annotations.push({ type: 'popup usable', description: `${empty.toFixed(0)} ms empty, ${full.toFixed(0)} ms full` });
  // The budget is 150 ms. A machine that is busy with something else is slow with an empty popup too.
  expect(full).toBeLessThan(Math.max(150, empty * 2.5));
});
