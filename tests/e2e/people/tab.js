// A tab of Firefox with the few methods of Playwright's pages that the flows use, so that the same
// flow runs in both browsers.

import { setTimeout as pause } from 'node:timers/promises';

const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';
const PATIENCE = 10_000; // ms in which an element has to come, as Playwright waits for one

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

  close() {
    return this.#in(() => this.#client.send('WebDriver:CloseWindow'));
  }
}
