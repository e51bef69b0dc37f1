// Bundled with the glue and run before anything else of the page: what the popup needs first is asked for
// while the page is read and its wasm is compiled.
import init, { popup } from './app.js';

const api = globalThis.browser?.runtime ? globalThis.browser : globalThis.chrome;

/** Whether the scripts of this extension are at work in the document that a tab shows, for the Rust side. */
globalThis.isGuarded = async (tabId) => {
  const func = () => globalThis.iceveil?.() === true;
  const [shown] = await api.scripting.executeScript({ target: { tabId }, func, injectImmediately: true });
  return shown?.result;
};

// Answers by call, each of which the Rust side takes once, instead of asking again.
const ahead = new Map();
globalThis.ahead = ahead;

function ask(path, ...args) {
  const names = path.split('.');
  const name = names.pop();
  const owner = names.reduce((object, key) => object?.[key], api);
  const answer = Promise.resolve(owner?.[name]?.(...args));
  answer.catch(() => {}); // told to who takes it
  if (owner?.[name]) ahead.set(JSON.stringify([path, ...args]), answer);
  return answer;
}

// What has changed since is asked for again.
const forget = () => ahead.clear();
api.storage.onChanged.addListener(forget);
api.privacy?.network?.webRTCIPHandlingPolicy?.onChange.addListener(forget);

/** What the background has compiled, where it is a page of this process, and awake. */
function shared() {
  try {
    return api.extension.getBackgroundPage()?.compiled;
  } catch {
    return undefined;
  }
}

const compiled = init({ module_or_path: shared() ?? fetch('app_bg.wasm') });
const named = Number.parseInt(new URLSearchParams(location.search).get('tab'), 10);
const front = Number.isNaN(named) ? ask('tabs.query', { active: true, currentWindow: true }).then(([tab]) => tab?.id) : Promise.resolve(named);
ask('storage.session.get', 'settingsCopy').then(({ settingsCopy }) => {
  if (settingsCopy) return;
  ask('storage.managed.get');
  ask('storage.local.get', ['settings', 'settingsProblem', 'managedLast']);
}, () => {});
ask('storage.session.get', 'grants');
if (!Number.isNaN(named)) ask('tabs.get', named);
front.then((id) => id !== undefined && ask('storage.session.get', `tab:${id}`), () => {});
ask('privacy.network.webRTCIPHandlingPolicy.get', {});
ask('permissions.contains', { origins: ['<all_urls>'] });
// The first use of these takes the browser a while, and there is nothing else to do now.
const language = api.i18n.getMessage('langTag');
new Intl.NumberFormat(language).format(new Intl.PluralRules(language).select(1).length);

async function open() {
  await compiled;
  if (document.readyState === 'loading') {
    await new Promise((resolve) => {
      document.addEventListener('DOMContentLoaded', resolve, { once: true });
    });
  }
  await popup();
  // What the tests and the benchmark measure; what nobody has taken was asked for in vain.
  performance.mark('usable', { detail: { unused: [...ahead.keys()] } });
  forget();
}
open();
