// What a test can't have for real, put in its place at the edge of the browser's own API: a full
// storage, a locked setting, an administrator's word.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dist, FIREFOX_ID } from '../browsers.js';

/** Replaces functions of the extension's API, `{path: {value} | {error}}`; the old ones come back with `restore`. */
const replace = (replacements) => {
  globalThis.replaced ??= [];
  for (const [path, { value, error }] of Object.entries(replacements)) {
    const names = path.split('.');
    const name = names.pop();
    for (const api of new Set([globalThis.chrome, globalThis.browser])) {
      const holder = names.reduce((object, part) => object?.[part], api);
      if (!holder) continue;
      globalThis.replaced.push([holder, name, holder[name]]);
      holder[name] = async () => {
        if (error) throw new Error(error);
        return value;
      };
    }
  }
};

const restore = () => {
  for (const [holder, name, old] of (globalThis.replaced ?? []).reverse()) holder[name] = old;
  globalThis.replaced = [];
};

const speak = (said) => {
  chrome.i18n.getMessage = (key, fill = []) => (said[key]?.message ?? '').replace(/\$(\d)/g, (_, n) => [fill].flat()[n - 1] ?? '');
};

const FULL = { error: 'QuotaExceededError: quota exceeded' };
const HELD = { value: { levelOfControl: 'not_controllable', value: 'default' } };

/** Chromium's: `background(work, argument)` runs a function in the worker, `page(work, argument)` in each page to come. */
export function chromiumStubs({ background, pages }) {
  const everywhere = async (replacements) => {
    pages.push([replace, replacements]);
    await background(replace, replacements);
  };
  return {
    fill: (area = 'local') => background(replace, { [`storage.${area}.set`]: FULL }),
    hold: () => everywhere({ 'privacy.network.webRTCIPHandlingPolicy.get': HELD }),
    manage: (value) => everywhere({ 'storage.managed.get': { value } }),
    /** Has the pages to come speak another language than the browser's. */
    async speak(language) {
      const said = JSON.parse(await readFile(join(dist, 'chrome/_locales', language, 'messages.json'), 'utf8'));
      pages.push([speak, said]);
    },
    withhold: async () => void pages.push([replace, { 'permissions.contains': { value: false } }]),
    async restore() {
      pages.length = 0;
      await background(restore);
    },
  };
}

/** Firefox's: `keeper` is a page of the extension, `client` speaks to the browser itself. */
export function firefoxStubs({ keeper, client }) {
  const PREFERENCE = 'media.peerconnection.ice.default_address_only';
  const lock = (name, locked) => client.chrome(([one, is]) => {
    const { Services } = window;
    if (is) {
      Services.prefs.getDefaultBranch('').setBoolPref(one, false);
      Services.prefs.lockPref(one);
    } else if (Services.prefs.prefIsLocked(one)) Services.prefs.unlockPref(one);
  }, [name, locked]);
  const access = (work) => client.chrome(([id, how]) => {
    const { ExtensionPermissions } = window.ChromeUtils.importESModule('resource://gre/modules/ExtensionPermissions.sys.mjs');
    const { extension } = window.WebExtensionPolicy.getByID(id);
    return ExtensionPermissions[how](id, { permissions: [], origins: ['<all_urls>'] }, extension);
  }, [FIREFOX_ID, work]);
  const inBackground = (work, argument) => keeper.evaluate(`async (argument) => {
    const page = await browser.runtime.getBackgroundPage();
    const script = (globalThis, browser, argument) => (${work})(argument);
    script(page, page.browser, argument);
  }`, argument);
  const manage = (value) => client.chrome(([id, document]) => {
    const { ExtensionStorage } = window.ChromeUtils.importESModule('resource://gre/modules/ExtensionStorage.sys.mjs');
    // Firefox asks an administrator's policies once; what they hold is given anew each time.
    if (!window.managed) {
      window.Services.policies.wrappedJSObject.setExtensionPolicies({ [id]: { staged: true } });
      const filter = ExtensionStorage._filterProperties;
      ExtensionStorage._filterProperties = async function filtered(extension, data, keys) {
        return data.has('staged') ? { ...window.managed } : filter.call(this, extension, data, keys);
      };
    }
    window.managed = document;
  }, [FIREFOX_ID, value]);
  let withheld = false;
  let managed = false;
  return {
    fill: (area = 'local') => inBackground(replace, { [`storage.${area}.set`]: FULL }),
    hold: () => lock(PREFERENCE, true),
    async manage(value) {
      managed = true;
      await manage(value);
    },
    async withhold() {
      withheld = true;
      await access('remove');
    },
    async restore() {
      if (withheld) await access('add');
      if (managed) await manage({});
      withheld = false;
      await lock(PREFERENCE, false);
      await inBackground(restore);
    },
  };
}
