// Screenshots of the popup, the options page and the welcome page in every state, for the README and
// for review: dist/shots/BROWSER/LANGUAGE/PAGE-STATE-LOOK.png. English in every look; the other
// languages in light, and what is longest in them narrow and with text at twice its size too.
// Usage: node shots.mjs [--browser NAME] [--page NAME] [LANGUAGE…]

import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startPeer } from './peer.js';
import { openFirefox, RIVAL } from './people/firefox.js';
import { openChromium, theatre } from './people/stage.js';
import { inEachState, states } from './people/states.js';

const out = resolve(import.meta.dirname, '../../dist/shots');
const { values, positionals } = parseArgs({
  options: { browser: { type: 'string', multiple: true }, page: { type: 'string', multiple: true } },
  allowPositionals: true,
});
const browsers = values.browser ?? ['chromium', 'firefox'];
const only = values.page ?? Object.keys(states);
const languages = positionals.length > 0 ? positionals : ['en', 'de', 'fr', 'es', 'ja', 'ar'];

const LOOKS = {
  light: { colorScheme: 'light' },
  dark: { colorScheme: 'dark' },
  narrow: { colorScheme: 'light', width: 320 },
  large: { colorScheme: 'light', size: '200%' },
};
const LONGEST = ['popup-everything', 'popup-lost', 'popup-no-relay', 'options-preview', 'options-lost', 'welcome-lost'];

const looksOf = (language, state) => {
  if (LONGEST.includes(state)) return Object.keys(LOOKS);
  return language === 'en' ? ['light', 'dark'] : ['light'];
};

async function shoot(engine, language, peer) {
  const folder = join(out, engine, language);
  await mkdir(folder, { recursive: true });
  const open = engine === 'firefox' ? openFirefox : openChromium;
  const browser = await open({ port: peer.port, language, besides: [RIVAL] });
  const stage = theatre(browser, peer);
  await inEachState(stage, async (page, state) => {
    for (const look of looksOf(language, state)) {
      const { colorScheme, width = state.startsWith('popup') ? 384 : 900, size = '' } = LOOKS[look];
      await page.emulateMedia({ colorScheme });
      await page.evaluate((fontSize) => {
        Object.assign(document.documentElement.style, { fontSize, scrollbarWidth: 'none' });
      }, size);
      // As high as what is on it: no scroll bar.
      await page.setViewportSize({ width, height: 6000 });
      const height = await page.evaluate(() => Math.ceil(document.body.getBoundingClientRect().height));
      await page.setViewportSize({ width, height });
      await page.screenshot({ path: join(folder, `${state}-${look}.png`), animations: 'disabled' });
    }
  }, { only });
  await browser.close();
}

const peer = await startPeer();
for (const engine of browsers) {
  for (const language of languages) {
    await shoot(engine, language, peer);
    console.log(`${engine} ${language}`);
  }
}
await peer.stop();
console.log(`screenshots are in ${out}`);
