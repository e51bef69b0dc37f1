// A tab of Firefox with the few methods of Playwright's pages that the flows use, so that the same
// flow runs in both browsers.

import { writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';
const KEYS = { Tab: '\uE004', Enter: '\uE007', Escape: '\uE00C' }; // WebDriver's names of them
const CHROME = 120; // px, at least, of a window that aren't its page's
const PATIENCE = 10_000; // ms in which an element has to come, as Playwright waits for one

/** In the browser itself: the tree of the page in front, without what only groups. */
function speak() {
  const { Cc, Ci } = window;
  const service = Cc['@mozilla.org/accessibilityService;1'].getService(Ci.nsIAccessibilityService);
  const { ROLE_STATICTEXT, ROLE_TEXT_LEAF, ROLE_SECTION, ROLE_TEXT_CONTAINER, ROLE_PARAGRAPH } = Ci.nsIAccessibleRole;
  const states = Ci.nsIAccessibleStates;
  const TOLD = { checked: states.STATE_CHECKED, disabled: states.STATE_UNAVAILABLE, pressed: states.STATE_PRESSED, expanded: states.STATE_EXPANDED, invalid: states.STATE_INVALID };
  const lines = [];
  const walk = (one, depth) => {
    const { role, name } = one;
    const is = (...roles) => roles.includes(role);
    let below = depth;
    if (is(ROLE_STATICTEXT, ROLE_TEXT_LEAF)) {
      const words = (name ?? '').trim();
      if (words) lines.push(`${'  '.repeat(depth)}“${words}”`);
    } else if (name || !is(ROLE_SECTION, ROLE_TEXT_CONTAINER, ROLE_PARAGRAPH)) {
      const state = {};
      one.getState(state, {});
      const told = Object.keys(TOLD).filter((word) => state.value & TOLD[word]);
      const words = [service.getStringRole(role), name && JSON.stringify(name), one.description && `(${one.description})`, ...told.map((word) => `[${word}]`)];
      lines.push('  '.repeat(depth) + words.filter(Boolean).join(' '));
      below += 1;
    }
    for (let child = one.firstChild; child; child = child.nextSibling) walk(child, below);
  };
  const frame = service.getAccessibleFor(window.gBrowser.selectedBrowser);
  if (frame?.firstChild) walk(frame.firstChild, 0);
  return lines;
}

export class Tab {
  #client;

  constructor(client, handle) {
    this.#client = client;
    this.handle = handle;
  }

  /** Only what a person does brings a tab to the front. */
  #in(work, focus = false) {
    return this.#client.alone(async () => {
      await this.#client.send('WebDriver:SwitchToWindow', { handle: this.handle, focus });
      return work();
    });
  }

  /** Acts on an element as soon as that works: it may have to come, to show or to stand still first. */
  async #on(selector, command, parameters = {}) {
    const end = Date.now() + PATIENCE;
    for (;;) {
      try {
        return await this.#in(async () => {
          const { value } = await this.#client.send('WebDriver:FindElement', { using: 'css selector', value: selector });
          return this.#client.send(command, { id: value[ELEMENT], ...parameters });
        }, true);
      } catch (error) {
        const early = ['no such element', 'element not interactable', 'element click intercepted', 'stale element reference'];
        if (!early.includes(error.code) || Date.now() > end) throw new Error(`${selector}: ${error.message}`, { cause: error });
        await pause(50);
      }
    }
  }

  /** Waits until the page that it was opened for is there. */
  async loaded() {
    const isThere = () => location.href !== 'about:blank' && document.readyState === 'complete';
    while (!(await this.evaluate(isThere).catch(() => false))) await pause(20);
  }

  url() {
    return this.evaluate(() => location.href);
  }

  evaluate(work, argument) {
    return this.#in(() => this.#client.run(work, argument === undefined ? [] : [argument]));
  }

  click(selector) {
    return this.#on(selector, 'WebDriver:ElementClick');
  }

  /** Chooses a radio button by its label, which is what a person sees of it. */
  check(selector) {
    return this.click(`label:has(> ${selector})`);
  }

  async fill(selector, text) {
    await this.#on(selector, 'WebDriver:ElementClear');
    if (text) await this.#on(selector, 'WebDriver:ElementSendKeys', { text });
  }

  selectOption(selector, value) {
    return this.click(`${selector} option[value="${value}"]`);
  }

  setInputFiles(selector, path) {
    return this.#on(selector, 'WebDriver:ElementSendKeys', { text: path });
  }

  textContent(selector) {
    return this.evaluate((of) => document.querySelector(of)?.textContent ?? null, selector);
  }

  isVisible(selector) {
    return this.evaluate((of) => document.querySelector(of)?.checkVisibility() ?? false, selector);
  }

  isChecked(selector) {
    return this.evaluate((of) => document.querySelector(of).checked, selector);
  }

  isDisabled(selector) {
    return this.evaluate((of) => document.querySelector(of).matches(':disabled'), selector);
  }

  /** How wide and high the page is; Firefox's windows have a least width, so it is the page's frame that shrinks. */
  async setViewportSize({ width, height }) {
    await this.#client.send('WebDriver:SetWindowRect', { width: Math.max(width, 500), height: height + CHROME });
    await this.#client.chrome(([wide, high]) => {
      const { selectedBrowser } = window.gBrowser;
      Object.assign(selectedBrowser.style, { maxWidth: `${wide}px`, maxHeight: `${high}px`, minHeight: `${high}px` });
    }, [width, height]);
    const fits = () => this.evaluate(([wide, high]) => window.innerWidth === wide && window.innerHeight === high, [width, height]);
    while (!(await fits())) await pause(10);
  }

  /** Forced colours end with the tab, all else with the browser. */
  emulateMedia({ colorScheme, forcedColors, reducedMotion }) {
    return this.#client.chrome(([scheme, forced, reduced]) => {
      const { prefs } = window.Services;
      if (scheme) prefs.setIntPref('layout.css.prefers-color-scheme.content-override', scheme === 'dark' ? 0 : 1);
      if (forced) window.gBrowser.selectedBrowser.browsingContext.forcedColorsOverride = forced;
      if (reduced) prefs.setIntPref('ui.prefersReducedMotion', reduced === 'reduce' ? 1 : 0);
    }, [colorScheme, forcedColors, reducedMotion]);
  }

  focus(selector) {
    return this.evaluate((of) => document.querySelector(of).focus(), selector);
  }

  /** What the browser tells screen readers of the page, as soon as it stands still: a line for each thing. */
  async spoken() {
    for (let before = null; ;) {
      await pause(150);
      const lines = (await this.#in(() => true, true)) && (await this.#client.chrome(speak));
      // Firefox takes a labelled section for a region only where the label was there before it.
      const now = lines.join('\n').replace(/^( *)section "/gm, '$1region "');
      if (now === before) return `${now}\n`;
      before = now;
    }
  }

  /** A picture of the whole page, or of its upper part, as PNG. */
  async screenshot({ path }) {
    const { value } = await this.#in(() => this.#client.send('WebDriver:TakeScreenshot', { full: true, hash: false }), true);
    await writeFile(path, Buffer.from(value, 'base64'));
  }

  keyboard = {
    press: (key) => this.#in(() => this.#client.send('WebDriver:PerformActions', {
      actions: [{ type: 'key', id: 'keyboard', actions: ['keyDown', 'keyUp'].map((type) => ({ type, value: KEYS[key] })) }],
    }), true),
  };

  close() {
    return this.#in(() => this.#client.send('WebDriver:CloseWindow'));
  }
}
