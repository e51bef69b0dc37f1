import init, { popup } from './app.js';

const api = globalThis.browser?.runtime ? globalThis.browser : globalThis.chrome;

/** Whether the scripts of this extension are at work in the document that a tab shows, for the Rust side. */
globalThis.isGuarded = async (tabId) => {
  const func = () => globalThis.iceveil?.() === true;
  const [shown] = await api.scripting.executeScript({ target: { tabId }, func, injectImmediately: true });
  return shown?.result;
};

await init();
await popup();
// What the tests and the benchmark measure.
performance.mark('usable');
