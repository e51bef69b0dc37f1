// The browser's own sync and its limits, met for real.

import { call, expect, test } from './stage.js';

const says = (page, selector, words, timeout) => expect.poll(() => page.textContent(selector), { message: selector, timeout }).toMatch(words);
const shows = (page, selector, shown, timeout) => expect.poll(() => page.isVisible(selector), { message: selector, timeout }).toBe(shown);

const add = async (page, host) => {
  await page.fill('#site-host', host);
  await page.click('#site-save');
};

const sent = (stage) => call(stage, async (api) => {
  const found = await api.storage.sync.get(null);
  return Array.from({ length: found.settings ?? 0 }, (_, n) => found[`settings${n}`]).join('');
});

test('a sync that is full is told of, and catches up once there is room', async ({ stage }) => {
  // Everything that the browser takes, by its own word, in few changes: it takes so many in a minute.
  const refusal = await call(stage, async (api) => {
    let last = '';
    for (let size = 8000; size > 1; size = Math.floor(size / 2)) {
      const filler = (n) => [`filler${size}-${n}`, 'x'.repeat(size)];
      const few = Array.from({ length: size === 8000 ? 12 : 1 }, (_, n) => filler(n));
      await api.storage.sync.set(Object.fromEntries(few)).catch((error) => {
        last = error.message;
      });
    }
    return last;
  });
  expect(refusal).toMatch(/quota/i);
  expect(refusal).not.toMatch(/MAX_WRITE_OPERATIONS/);
  const page = await stage.options();
  await add(page, 'a.example');
  await page.click('#sync-on');
  await says(page, '#sync-error', /^The settings are too large for the browser’s sync\. They stay on this device\.$/).catch(async (error) => {
    const kept = await call(stage, async (api) => [await api.storage.local.get(null), Object.keys(await api.storage.sync.get(null))]);
    throw new Error(`${error.message}\n${JSON.stringify([kept, await page.textContent('#failed-text')])}`);
  });
  expect((await stage.stored()).sites).toEqual({ 'a.example': 'allow' });
  await call(stage, async (api) => api.storage.sync.remove(Object.keys(await api.storage.sync.get(null))));
  await add(page, 'b.example');
  await shows(page, '#sync-error', false);
  await expect.poll(() => sent(stage)).toContain('b.example');
});

test('a sync that takes no more changes for now is told of, and tried again', async ({ stage, engine }) => {
  test.skip(engine === 'firefox', 'Firefox sets no limit to how often it is written');
  const page = await stage.options();
  await page.click('#sync-on');
  await expect.poll(() => sent(stage)).toContain('"sync":true');
  const refusal = await call(stage, async (api) => {
    for (let n = 0; n < 200; n += 1) {
      try {
        await api.storage.sync.set({ filler: n });
      } catch (error) {
        return error.message;
      }
    }
    return '';
  });
  expect(refusal).toMatch(/MAX_WRITE_OPERATIONS/);
  await add(page, 'a.example');
  await says(page, '#sync-error', /^The browser takes no more changes for its sync at the moment\./);
  expect((await stage.stored()).sites).toEqual({ 'a.example': 'allow' });
  await shows(page, '#sync-error', false, 80_000);
  await expect.poll(() => sent(stage)).toContain('a.example');
});
