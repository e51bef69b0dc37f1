// Another extension takes the browser's setting, and gives it back, while the pages are open.

import { openFirefox, RIVAL } from './firefox.js';
import { call, expect, openChromium, SETTINGS, test as base, theatre } from './stage.js';

const control = '#protection-control';

const held = (stage) => call(stage, async (api) => (await api.privacy.network.webRTCIPHandlingPolicy.get({})).levelOfControl);

/** A browser in which a rival can `take` the setting and `yield` it again. */
const test = base.extend({
  contest: async ({ engine, peer }, use) => {
    const open = engine === 'firefox' ? openFirefox : openChromium;
    const made = await open({ port: peer.port, settings: { ...SETTINGS, browserProtection: 'standard' }, besides: [RIVAL] });
    if (engine === 'chromium') {
      // It has taken the setting already, when it was installed.
      await expect.poll(() => held(made)).toBe('controlled_by_other_extensions');
      await made.rival.yield();
    }
    await use(theatre(made, peer));
    await made.close();
  },
});

test('the popup, the options page and the button say who holds the setting, and when that changes', async ({ contest, peer }) => {
  const says = (page, selector, words) => expect.poll(() => page.textContent(selector)).toMatch(words);
  await expect.poll(() => held(contest)).toBe('controlled_by_this_extension');
  await contest.visit('relay');
  const popup = await contest.popup(`${peer.origin('relay')}/probe.html`);
  const options = await contest.options();
  for (const page of [popup, options]) await says(page, control, /^Iceveil controls this setting/);
  expect(await popup.isVisible('#lost')).toBe(false);

  await contest.rival.take();
  await expect.poll(() => held(contest)).toBe('controlled_by_other_extensions');
  for (const page of [popup, options]) await says(page, control, /^Another extension controls this setting/);
  await says(popup, '#lost', /Another extension has taken over/);
  expect(await popup.isVisible('#lost')).toBe(true);
  await expect.poll(() => call(contest, (api) => api.action.getBadgeText({}))).toBe('!');
  expect(await call(contest, (api) => api.action.getTitle({}))).toContain('Another extension has taken over');

  await contest.rival.yield();
  await expect.poll(() => held(contest)).toBe('controlled_by_this_extension');
  for (const page of [popup, options]) await says(page, control, /^Iceveil controls this setting/);
  expect(await popup.isVisible('#lost')).toBe(false);
  await expect.poll(() => call(contest, (api) => api.action.getBadgeText({}))).toBe('');
});
