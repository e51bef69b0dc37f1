// The button's badge, title and icon, its menu and the keyboard commands, in both browsers.

import { call, expect, gather, tabOf, test } from './stage.js';

const HOST = 'relay.iceveil.test';

/** What headless Chromium, which shows no menus and hears no shortcuts, brings for a tab. */
const bring = (event, first) => (stage, tab, name) =>
  call(stage, async (api, [id, detail, of]) => {
    const source = of.split('.').reduce((object, part) => object[part], api);
    source.dispatch(detail, await api.tabs.get(id));
  }, [tab, first(name), event]);

const ways = {
  menu: {
    chromium: bring('contextMenus.onClicked', (menuItemId) => ({ menuItemId })),
    firefox: (stage, tab, item) => stage.client.chrome(async (id) => {
      const { CustomizableUI, document, MouseEvent } = window;
      CustomizableUI.addWidgetToArea('iceveil_iceveil_invalid-browser-action', 'nav-bar');
      const menu = document.getElementById('toolbar-context-menu');
      const once = (event) => new Promise((resolve) => menu.addEventListener(event, resolve, { once: true }));
      const shown = once('popupshown');
      const button = document.getElementById('iceveil_iceveil_invalid-BAP');
      button.dispatchEvent(new MouseEvent('contextmenu', { bubbles: true, button: 2, view: window }));
      await shown;
      const hidden = once('popuphidden');
      menu.activateItem(menu.querySelector(`menuitem[id$="_${id}"]`));
      await hidden;
    }, item),
  },
  keyboard: {
    chromium: bring('commands.onCommand', (name) => name),
    async firefox(stage, tab, command) {
      await call(stage, (api, name) => api.commands.update({ name, shortcut: 'Ctrl+Shift+9' }), command);
      await stage.client.chrome(() => {
        const keys = window.document.querySelectorAll('keyset[id^="ext-keyset-id-iceveil"] key');
        keys[keys.length - 1].doCommand();
      });
      await call(stage, (api, name) => api.commands.reset(name), command);
    },
  },
};

for (const [way, by] of Object.entries(ways)) {
  test(`by ${way}: allow until the tab is closed, block, options`, async ({ stage, engine, peer }) => {
    const page = await stage.visit('relay');
    const tab = await tabOf(stage, `${peer.origin('relay')}/probe.html`);
    await by[engine](stage, tab, 'allow-tab');
    await expect.poll(() => call(stage, async (api) => JSON.parse((await api.storage.session.get('grants')).grants ?? '{}')))
      .toEqual({ [tab]: { [HOST]: 'allow' } });
    await expect.poll(() => gather(page)).not.toEqual([]);
    expect((await stage.stored()).sites).toEqual({});

    await by[engine](stage, tab, 'block-site');
    await expect.poll(async () => (await stage.stored()).sites).toEqual({ [HOST]: 'block' });
    await expect.poll(() => call(stage, async (api) => (await api.storage.session.get('grants')).grants)).toBe('{}');

    const before = await call(stage, async (api) => (await api.tabs.query({})).length);
    await by[engine](stage, tab, 'open-options');
    await expect.poll(() => call(stage, async (api) => (await api.tabs.query({})).length)).toBe(before + 1);
  });
}

test('the badge counts, and the title says the same in words', async ({ stage, peer }) => {
  const page = await stage.visit('relay');
  const tab = await tabOf(stage, `${peer.origin('relay')}/probe.html`);
  const shown = () => call(stage, async (api, tabId) => [await api.action.getBadgeText({ tabId }), await api.action.getTitle({ tabId })], tab);
  await expect.poll(shown).toEqual(['', 'Iceveil: Relay only\nNothing stopped on this tab']);
  await page.evaluate(async () => {
    const connection = new RTCPeerConnection({ iceServers: [{ urls: 'stun:127.0.0.1:3478' }] });
    connection.createDataChannel('test');
    await connection.setLocalDescription();
  });
  await expect.poll(async () => {
    const [count, title] = await shown();
    return count !== '' && title === `Iceveil: Relay only\n${count} attempt${count === '1' ? '' : 's'} stopped on this tab`;
  }).toBe(true);
  await page.evaluate(() => location.reload());
  await expect.poll(shown).toEqual(['', 'Iceveil: Relay only\nNothing stopped on this tab']);
});

test('each policy has an icon that can be told by its shape alone', async ({ stage }) => {
  const page = await stage.open('welcome.html');
  for (const size of [16, 32]) {
    const shapes = await page.evaluate(async (pixels) => {
      const found = [];
      for (const policy of ['allow', 'public-only', 'relay-only', 'block']) {
        const image = new window.Image();
        image.src = `icons/${policy}-${pixels}.png`;
        await image.decode();
        const canvas = new window.OffscreenCanvas(pixels, pixels);
        const context = canvas.getContext('2d');
        context.drawImage(image, 0, 0);
        const { data } = context.getImageData(0, 0, pixels, pixels);
        // What is drawn and what is not: a print without colours.
        found.push(Array.from({ length: pixels * pixels }, (_, n) => {
          const [red, green, blue, alpha] = data.subarray(4 * n, 4 * n + 4);
          return alpha > 127 && (red + green + blue) / 3 < 200;
        }));
      }
      return found;
    }, size);
    for (const [n, one] of shapes.entries()) {
      for (const other of shapes.slice(n + 1)) {
        const different = one.filter((drawn, pixel) => drawn !== other[pixel]).length;
        expect(different / one.length).toBeGreaterThan(0.04);
      }
    }
  }
});
