// Another extension holds the browser's setting.

import { join } from 'node:path';
import { call, expect, SETTINGS, test } from './stage.js';

test.use({ besides: [join(import.meta.dirname, 'rival')] });

test('the popup and the options page say who holds the setting', async ({ stage }) => {
  await call(stage, (api, settings) => api.storage.local.set({ settings }), { ...SETTINGS, browserProtection: 'standard' });
  const held = () => call(stage, async (api) => (await api.privacy.network.webRTCIPHandlingPolicy.get({})).levelOfControl);
  await expect.poll(held).toBe('controlled_by_other_extensions');
  const page = await stage.visit('relay');
  const popup = await stage.popup(page.url());
  await expect(popup.locator('#lost')).toContainText('Another extension has taken over');
  await popup.locator('#protection-summary').click();
  await expect(popup.locator('#protection-control')).toContainText('Another extension controls this setting');
  await expect.poll(() => call(stage, (api) => api.action.getBadgeText({}))).toBe('!');
  const options = await stage.options();
  await expect(options.locator('#protection-control')).toContainText('Another extension controls this setting');
});
