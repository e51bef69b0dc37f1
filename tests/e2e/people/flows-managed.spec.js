// What the browser's management sets wins, is locked and says so: with README's own examples.

import { openFirefox } from './firefox.js';
import { chromiumFleet, example, firefoxFleet, unmanageable } from './fleet.js';
import { call, expect, openChromium, SETTINGS, test as base, theatre } from './stage.js';

const own = { ...SETTINGS, sites: { 'relay.iceveil.test': 'allow' } };

/** A managed browser, or `null` where there can't be one. */
const test = base.extend({
  managed: async ({ engine, peer }, use) => {
    if (engine === 'firefox') {
      const fleet = await firefoxFleet(await example('Firefox'));
      const made = await openFirefox({ settings: own, binary: fleet.binary });
      await use(theatre(made, peer));
      await made.close();
      await fleet.end();
      return;
    }
    const reason = unmanageable();
    if (reason) {
      process.stderr.write(`e2e: no managed Chromium: ${reason}\n`);
      await use(null);
      return;
    }
    const fleet = await chromiumFleet();
    // The id comes from the folder: a first look tells it.
    const first = await openChromium({ port: peer.port, folder: fleet.folder });
    await first.close();
    await fleet.manage((await example('Chrome')).replace('<ID>', first.id));
    const made = await openChromium({ port: peer.port, settings: own, folder: fleet.folder });
    await use(theatre(made, peer));
    await made.close();
    await fleet.end();
  },
});

test('what the management sets wins, is locked and says why', async ({ managed, peer }) => {
  if (!managed) return;
  const says = (page, selector, words) => expect.poll(() => page.textContent(selector), selector).toMatch(words);
  await expect.poll(async () => (await call(managed, (api) => api.storage.managed.get(null))).defaultPolicy).toBe('block');
  const page = await managed.visit('relay');
  // The person's own rule for this site gives way to the management's list, which has the default for it.
  await expect.poll(() => page.evaluate(() => {
    try {
      new RTCPeerConnection().close();
      return 'made';
    } catch (error) {
      return error.name;
    }
  })).not.toBe('made');
  const popup = await managed.popup(`${peer.origin('relay')}/probe.html`);
  await expect.poll(() => popup.isChecked('input[name=policy][value=block]')).toBe(true);
  expect(await popup.isDisabled('input[name=policy][value=allow]')).toBe(true);
  expect(await popup.isDisabled('input[name=default][value=allow]')).toBe(true);
  await says(popup, '#rule', /^Set by your organisation\./);

  const options = await managed.options();
  await expect.poll(() => options.isVisible('#managed')).toBe(true);
  expect(await options.isChecked('input[name=default][value=block]')).toBe(true);
  expect(await options.isDisabled('input[name=default][value=allow]')).toBe(true);
  expect(await options.isVisible('#default-locked')).toBe(true);
  await says(options, '#sites', /work\.example/);
  expect(await options.isVisible('#site-form')).toBe(false);
  expect(await options.isVisible('#sites-locked')).toBe(true);
  // What it has not set stays the person's.
  expect(await options.isDisabled('input[name=situation][value=proxy]')).toBe(false);
  await options.click('#history-on');
  await expect.poll(async () => (await managed.stored()).history).toBe(false);
  expect((await managed.stored()).sites).toEqual(own.sites);
});
