// Every page, light and dark: nothing for axe-core to find, nothing that overflows, also with text at
// twice its size, and everything by keyboard.

import { expect, test } from './stage.js';
import { check, cut, inEachState, overflow, pages, speak } from './sights.js';

for (const scheme of ['light', 'dark']) {
  test(`axe finds nothing: ${scheme}`, async ({ stage }) => {
    for (const page of await pages(stage)) {
      await page.emulateMedia({ colorScheme: scheme });
      await check(page);
    }
  });
}

test('axe finds nothing in any state of the popup', async ({ stage }) => {
  await inEachState(stage, async (popup) => {
    for (const colorScheme of ['light', 'dark']) {
      await popup.emulateMedia({ colorScheme });
      await check(popup);
    }
  });
});

for (const language of ['en', 'de', 'fr', 'es', 'ja', 'ar']) {
  test(`nothing is cut off with text at 200 % in a narrow window: ${language}`, async ({ stage }) => {
    for (const page of await pages(stage, speak(language))) {
      await expect(page.locator('html')).toHaveAttribute('lang', language);
      for (const [width, size] of [[780, '200%'], [360, '200%'], [320, '200%'], [320, '100%']]) {
        await page.setViewportSize({ width, height: 600 });
        await page.evaluate((fontSize) => {
          document.documentElement.style.fontSize = fontSize;
        }, size);
        expect(await cut(page), `${page.url()} ${width} ${size}`).toEqual([]);
        expect(await overflow(page), `${page.url()} ${width} ${size}`).toBeLessThanOrEqual(0);
      }
    }
  });
}

test('every control is reached by keyboard, in the order of the page', async ({ stage }) => {
  for (const page of await pages(stage)) {
    const wanted = await page.evaluate(() => {
      const groups = new Set();
      const all = [...document.querySelectorAll('button, input, select, summary, [tabindex="0"]')].filter((element) => {
        if (element.disabled || !element.checkVisibility() || element.matches(':disabled')) return false;
        if (element.type !== 'radio') return true;
        // One stop for a group of radio buttons: the one that is checked.
        if (groups.has(element.name) || !element.checked) return false;
        groups.add(element.name);
        return true;
      });
      all.forEach((element, index) => element.setAttribute('data-stop', String(index)));
      document.activeElement?.blur();
      return all.length;
    });
    const seen = [];
    await page.locator('h1').evaluate((element) => {
      element.tabIndex = -1;
      element.focus();
    });
    for (let press = 0; press < wanted; press += 1) {
      await page.keyboard.press('Tab');
      seen.push(await page.evaluate(() => document.activeElement.getAttribute('data-stop')));
    }
    expect(seen).toEqual(Array.from({ length: wanted }, (_, index) => String(index)));
  }
});
