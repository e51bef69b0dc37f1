// Every listener is registered in the first tick, so that any of these events can wake the
// background; what they bring is handed to the Rust side once it has loaded. Nothing is kept here:
// the browser may end this script at any moment.
import init, { event, message, start } from './app.js';

const api = globalThis.browser?.runtime ? globalThis.browser : globalThis.chrome;

const sources = {
  installed: api.runtime.onInstalled,
  startup: api.runtime.onStartup,
  stored: api.storage.onChanged,
  tabUpdated: api.tabs.onUpdated,
  tabRemoved: api.tabs.onRemoved,
  tabReplaced: api.tabs.onReplaced,
  menu: (api.menus ?? api.contextMenus)?.onClicked,
  command: api.commands?.onCommand,
  protection: api.privacy?.network?.webRTCIPHandlingPolicy?.onChange,
};

/** The browser's name for the document that a tab shows, for the Rust side. */
globalThis.currentDocument = async (tabId, injectImmediately) => {
  const [shown] = await api.scripting.executeScript({ target: { tabId }, func() {}, injectImmediately });
  return shown?.documentId;
};

// A page that waits for its policy doesn't wait for anything else.
const compiling = WebAssembly.compileStreaming(fetch('app_bg.wasm'));
const loaded = init({ module_or_path: compiling });
// Firefox's popup lives in this process, and needn't compile what is compiled.
compiling.then((compiled) => Object.assign(globalThis, { compiled }));
const ready = loaded.then(start);

for (const [name, source] of Object.entries(sources)) {
  source?.addListener((...details) => {
    ready.then(() => event(name, details));
  });
}

api.runtime.onMessage.addListener((request, sender, reply) => {
  loaded.then(() => message(request, sender)).then(reply, () => reply(null));
  return true;
});
