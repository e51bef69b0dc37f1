// The most that a popup may have to show, for the tests and for whoever measures how quickly it opens.

import { call, expect, record, tabOf } from './stage.js';

export const ATTEMPTS = 10_000;
export const SITES = 5_000;

const ROWS = 2_000; // what the ledger keeps apart; the counts make up the rest

/**
 * Fills the settings with `SITES` sites and the record of the tab that shows `url` with `ATTEMPTS`
 * attempts by 200 hosts, or with that share of each. Resolves to the tab's id.
 */
export async function crowd(stage, url, share = 1) {
  const host = new URL(url).hostname;
  const sites = Object.fromEntries(Array.from({ length: SITES * share }, (_, n) => [`site${n}.example`, 'allow']));
  await call(stage, (api, settings) => api.storage.local.set({ settings }), { version: 1, sites });
  const rows = Array.from({ length: ROWS * share }, (_, n) => ({
    surface: ['candidate', 'description', 'statistics'][n % 3], kind: 'host', class: 'private', outcome: 'hidden',
    detail: `10.0.${n % 250}.${(n >> 3) & 255}`, host: n % 8 ? host : `frame${n % 200}.example`, count: ATTEMPTS / ROWS, first: 1, last: n,
  }));
  return record(stage, url, rows);
}

/**
 * Opens the popup, or another `page` that marks so much, about the page at `url`; resolves to the milliseconds
 * until it could be used. What it asks the browser ahead has to be what it needs then.
 */
export async function usable(stage, url, page = 'popup.html') {
  const popup = await stage.open(`${page}?tab=${await tabOf(stage, url)}`);
  let mark;
  await expect.poll(async () => {
    mark = await popup.evaluate(() => {
      const [{ startTime, detail } = {}] = performance.getEntriesByName('usable');
      return { startTime, detail };
    });
    return mark.startTime;
  }).toBeGreaterThan(0);
  expect(mark.detail).toEqual({ unused: [] });
  await popup.close();
  return mark.startTime;
}
