// An administrator's policy holds the browser's own setting: for real, by the browser's management.

import { openFirefox } from './firefox.js';
import { chromiumWith, firefoxFleet, unmanageable } from './fleet.js';
import { call, expect, openChromium, SETTINGS, test as base, theatre } from './stage.js';

const wanting = { ...SETTINGS, browserProtection: 'standard' };

const PREFERENCES = {
  'media.peerconnection.ice.default_address_only': { Value: false, Status: 'locked' },
};

/** A browser in which every route is open by policy; `null` where there can't be one. */
const test = base.extend({
  held: async ({ engine, peer }, use) => {
    const reason = engine === 'chromium' ? unmanageable() : null;
    if (reason) {
      process.stderr.write(`e2e: no policy for Chromium: ${reason}\n`);
      await use(null);
      return;
    }
    const fleet = engine === 'firefox'
      ? await firefoxFleet(JSON.stringify({ policies: { Preferences: PREFERENCES } }))
      : await chromiumWith({ WebRtcIPHandling: 'default' });
    const open = engine === 'firefox' ? openFirefox : openChromium;
    const made = await open({ port: peer.port, settings: wanting, binary: fleet.binary });
    await use(theatre(made, peer));
    await made.close();
    await fleet.end();
  },
});

test('a policy that holds the browser’s setting is told of, and what to do', async ({ held, engine, peer }) => {
  if (!held) return;
  const says = (page, selector, words) => expect.poll(() => page.textContent(selector), selector).toMatch(words);
  const level = () => call(held, async (api) => (await api.privacy.network.webRTCIPHandlingPolicy.get({})).levelOfControl);
  await expect.poll(level).toBe('not_controllable');
  await held.visit('relay');
  const popup = await held.popup(`${peer.origin('relay')}/probe.html`);
  await says(popup, '#lost-text', /^The browser’s WebRTC setting is locked, and it is less strict than you want it\./);
  expect(await popup.isVisible('#lost')).toBe(true);
  expect(await popup.isDisabled('input[name=protection][value=standard]')).toBe(true);

  const options = await held.options();
  const who = engine === 'firefox' ? /^Firefox itself has locked this setting/ : /^A policy of your organisation or of this computer controls this setting/;
  await says(options, '#protection-control', who);
  await says(options, '#protection-now', /every route is open/);
  expect(await options.isDisabled('input[name=situation][value=vpn]')).toBe(true);
  if (engine === 'firefox') {
    await says(options, '#protection-help', /about:policies/);
    return;
  }
  const [page] = await Promise.all([held.context.waitForEvent('page'), options.click('#protection-open')]);
  await expect.poll(() => page.url()).toBe('chrome://policy/');
  // The policies for sites still hold.
  expect((await held.stored()).defaultPolicy).toBe('relay-only');
});
