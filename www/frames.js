// The making of windows and frames, for realms.js.

import { capture, remote } from './lens.js';

const HERE = new URL('.', import.meta.url);
const nonce = document.querySelector('script[nonce]')?.nonce ?? '';
let count = 0;

/** An address of a file of this site. */
export const at = (path) => new URL(path, HERE).href;

/** A new, unseen element at the very end of the page: a frame put there is the last one. */
export function place() {
  const made = document.createElement('div');
  made.className = 'place';
  made.setAttribute('aria-hidden', 'true');
  document.body.append(made);
  return made;
}

export function element(name, attributes = {}) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (name === 'iframe' || name === 'frame') made.title = 'part of the test';
  return made;
}

// The first document of a frame, before its own comes, is where no content script runs in time. In
// Chromium that of about:blank#x stays; Firefox keeps the window when a page of the same origin comes.
const stays = 'webkitRTCPeerConnection' in window ? 'about:blank#' : at('empty.html?');
const awaited = () => `${stays}${(count += 1)}`;

/** A frame in whose first document, there until the page comes, no content script runs in time. */
export const pending = (attributes = {}) =>
  element('iframe', { src: awaited(), name: `frame${count}`, ...attributes });

/** The same, as markup. */
export const markup = () => `<iframe title="part of the test" src="${awaited()}"></iframe>`;

/** A document that runs inside.js. */
export const scripted = () =>
  `<!doctype html><title>inside</title><script nonce="${nonce}" src="${at('inside.js')}"></script>`;

export const blob = (text, type = 'text/html') => URL.createObjectURL(new Blob([text], { type }));

/** Captures a window and says how to clean up after it. */
export function taken(view, close = () => {}) {
  if (!view) throw new Error('the window is not there');
  return Object.assign(capture(view), { close });
}

export const viewOf = (frame) => frame.contentWindow ?? frame.contentDocument?.defaultView ?? null;

/** Inserts and captures in one breath. */
export function early(frame) {
  const home = place();
  home.append(frame);
  return taken(viewOf(frame), () => home.remove());
}

/** Inserts, and captures once the document has loaded. */
export async function loaded(frame) {
  const home = place();
  const ready = within(new Promise((resolve) => frame.addEventListener('load', resolve, { once: true })));
  home.append(frame);
  await ready;
  return taken(viewOf(frame), () => home.remove());
}

/** Looks again and again, as fast as a page can, until `look` finds a window. */
export async function watched(look, start) {
  const { port1, port2 } = new MessageChannel();
  const found = new Promise((resolve) => {
    port1.onmessage = () => {
      let lens = null;
      try {
        const view = look();
        if (view) lens = taken(view);
      } catch {
        lens = null;
      }
      if (lens) resolve(lens);
      else port2.postMessage(0);
    };
  });
  port2.postMessage(0);
  const close = start();
  const lens = await within(found);
  port1.close();
  return Object.assign(lens, { close: close ?? (() => {}) });
}

const heard = new WeakSet();

/** A realm that a script inside a document reads for us. */
export async function inside(open) {
  const home = place();
  let view = null;
  const here = new Promise((resolve) => {
    addEventListener('message', function hear(event) {
      if (event.data?.iceveil !== 'here' || heard.has(event.source) || (view && event.source !== view)) return;
      heard.add(event.source);
      removeEventListener('message', hear);
      resolve(event.source);
    });
  });
  view = open(home);
  const source = await within(here);
  const ask = (iceServers) =>
    within(
      new Promise((resolve) => {
        const id = `${(count += 1)}`;
        addEventListener('message', function hear({ data, source: from }) {
          if (from !== source || data?.iceveil !== 'texts' || data.id !== id) return;
          removeEventListener('message', hear);
          resolve(data);
        });
        source.postMessage({ iceveil: 'read', id, iceServers }, '*');
      }),
      8000,
    );
  return Object.assign(remote(ask), {
    close() {
      home.remove();
      if (view?.opener) view.close();
    },
  });
}

export function within(promise, milliseconds = 3000) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(reject, milliseconds, new Error('did not come'));
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

export const kind = (id, title, open, more = {}) => ({ id, title, open: async () => open(), ...more });

/** A frame without an address, put into `home`: content scripts run there by themselves. */
export function plainChild(home) {
  const frame = element('iframe');
  home.append(frame);
  return frame;
}
