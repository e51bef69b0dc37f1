// Frames, and objects of one realm in the hands of another.
import { connection, error, outcome, pause, say } from './lib.js';

const framed = async (work) => {
  const frame = document.createElement('iframe');
  document.body.append(frame);
  try {
    return await work(frame.contentWindow, frame);
  } finally {
    frame.remove();
  }
};

/** What scripts of `markup` say, put in by `setHTMLUnsafe` with `options`; and what is there then. */
const told = async (markup, options, place = document.createElement('div')) => {
  const script = (what) => `<script>said.push(${what})</${'script'}>`;
  globalThis.said = [];
  document.body.append(place);
  const made = await outcome(() => place.setHTMLUnsafe(markup(script), options(globalThis.said)));
  place.remove();
  const all = globalThis.said;
  delete globalThis.said;
  return [made, all, place.innerHTML ?? '', place.childNodes.length, place.content?.childNodes.length];
};

export const realm = {
  'scripts of setHTMLUnsafe': () => told((script) => `${script('1')}<p id=a>${script('document.querySelector("#b").id')}</p><b id=b></b>`, () => ({ runScripts: true })),
  'scripts of setHTMLUnsafe, beside a frame': () => told((script) => `${script('document.currentScript.localName')}<iframe></iframe>${script('document.querySelectorAll("iframe").length')}`, () => ({ runScripts: true })),
  'scripts of setHTMLUnsafe, not run': () => told((script) => script('1'), () => ({ runScripts: false })),
  'scripts of setHTMLUnsafe, in a template': () => told((script) => script('1'), () => ({ runScripts: true }), document.createElement('template')),
  'scripts of setHTMLUnsafe, in SVG': () => told((script) => `<svg>${script('1')}</svg>`, () => ({ runScripts: true })),
  'scripts of setHTMLUnsafe, in a table': () => told((script) => `<tr><td>${script('1')}`, () => ({ runScripts: true }), document.createElement('table')),
  'the options of setHTMLUnsafe': () => told((script) => script('1'), (said) => new Proxy({ runScripts: 1 }, { get: (target, name) => (said.push(String(name)), target[name]) })),
  'options of setHTMLUnsafe that throw': () => told((script) => script('1'), () => ({ get runScripts() { throw new RangeError('x'); } })),
  'options of setHTMLUnsafe that are none': async () => {
    const all = [];
    for (const options of [5, null, 'x', { sanitizer: 5, runScripts: true }]) all.push(await told((script) => script('1'), () => options));
    return all;
  },
  'scripts of setHTMLUnsafe, run later': () => {
    const place = document.createElement('div');
    globalThis.said = [];
    place.setHTMLUnsafe(`<p><script>said.push(1)</${'script'}></p>`, { runScripts: true });
    const before = globalThis.said.length;
    document.body.append(place);
    place.remove();
    const after = globalThis.said.length;
    delete globalThis.said;
    return [before, after];
  },
  'a frame has its own': () => framed((view) => [view.RTCPeerConnection === RTCPeerConnection, new view.RTCPeerConnection() instanceof RTCPeerConnection, new view.RTCPeerConnection() instanceof view.RTCPeerConnection, typeof view.RTCPeerConnection]),
  'a frame’s exceptions are its own': () => framed(async (view) => {
    try {
      new view.RTCPeerConnection({ iceTransportPolicy: 'x' });
      return 'none';
    } catch (thrown) {
      return [thrown instanceof TypeError, thrown instanceof view.TypeError, thrown.message];
    }
  }),
  'a frame’s DOM exceptions are its own': () => framed(async (view) => {
    try {
      new view.RTCPeerConnection({ iceServers: [{ urls: 'x' }] });
      return 'none';
    } catch (thrown) {
      return [thrown instanceof DOMException, thrown instanceof view.DOMException, thrown.name];
    }
  }),
  'a frame’s promises are its own': () => framed((view) => {
    const given = new view.RTCPeerConnection().createOffer();
    given.catch(() => {});
    return [given instanceof Promise, given instanceof view.Promise];
  }),
  'a frame’s offers are its own': () => framed(async (view) => {
    const pc = new view.RTCPeerConnection();
    pc.createDataChannel('x');
    const offer = await pc.createOffer();
    return [Object.getPrototypeOf(offer) === view.Object.prototype, Object.getPrototypeOf(offer) === Object.prototype, offer instanceof view.RTCSessionDescription];
  }),
  'a frame’s configuration is its own': () => framed((view) => {
    const got = new view.RTCPeerConnection({ iceServers: [{ urls: ['stun:192.0.2.1'] }] }).getConfiguration();
    return [Object.getPrototypeOf(got) === view.Object.prototype, Object.getPrototypeOf(got.iceServers) === view.Array.prototype, Object.getPrototypeOf(got.iceServers[0]) === view.Object.prototype];
  }),
  'our methods on a frame’s connection': () => framed(async (view) => {
    const pc = new view.RTCPeerConnection();
    RTCPeerConnection.prototype.createDataChannel.call(pc, 'x');
    const given = RTCPeerConnection.prototype.createOffer.call(pc);
    const offer = await given;
    return [given instanceof Promise, given instanceof view.Promise, offer.type, Object.getPrototypeOf(offer) === Object.prototype, Object.getPrototypeOf(offer) === view.Object.prototype];
  }),
  'a frame’s methods on our connection': () => framed(async (view) => {
    const pc = connection();
    pc.createDataChannel('x');
    const given = view.RTCPeerConnection.prototype.createOffer.call(pc);
    await given;
    return [given instanceof Promise, given instanceof view.Promise];
  }),
  'a frame’s toString of our functions': () => framed((view) => [RTCPeerConnection, RTCPeerConnection.prototype.createOffer, Node.prototype.appendChild].map((one) => view.Function.prototype.toString.call(one))),
  'our toString of a frame’s functions': () => framed((view) => [view.RTCPeerConnection, view.RTCPeerConnection.prototype.createOffer, view.Node.prototype.appendChild, view.Function.prototype.toString].map((one) => Function.prototype.toString.call(one))),
  'a connection of a removed frame': async () => {
    const frame = document.createElement('iframe');
    document.body.append(frame);
    const View = frame.contentWindow.RTCPeerConnection;
    const pc = new View();
    frame.remove();
    return [await outcome(() => pc.signalingState), await outcome(() => new View()), await Promise.race([outcome(() => pc.createDataChannel('x').label), pause(500, 'nothing')]), await Promise.race([outcome(() => pc.getConfiguration()), pause(500, 'nothing')])];
  },
  'a promise of a removed frame': async () => {
    const frame = document.createElement('iframe');
    document.body.append(frame);
    const pc = new frame.contentWindow.RTCPeerConnection();
    frame.remove();
    return Promise.race([outcome(() => pc.createOffer()), pause(800, 'never settles')]);
  },
  'names of a frame’s window': () => framed((view) => Reflect.ownKeys(view).map(String).filter((name) => /RTC|ice|Ice|guard/i.test(name)).sort().join()),
  'appendChild and what it gives': () => {
    const [parent, child] = [document.createElement('div'), document.createElement('iframe')];
    return [parent.appendChild(child) === child, parent.insertBefore(document.createElement('b'), child).localName, say(parent.append('x')), parent.childNodes.length];
  },
  'wrong insertions': async () => [
    await outcome(() => document.body.appendChild()),
    await outcome(() => document.body.appendChild(null)),
    await outcome(() => document.body.appendChild({})),
    await outcome(() => document.body.appendChild(document)),
    await outcome(() => document.createElement('a').insertBefore(document.createElement('b'), document.createElement('c'))),
    await outcome(() => document.body.insertAdjacentHTML('x', '')),
    await outcome(() => (document.createElement('p').outerHTML = 'x')),
    await outcome(() => document.createElement('p').replaceChild()),
    await outcome(() => new Range().insertNode(null)),
    await outcome(() => document.createElement('p').append(Symbol('x'))),
  ],
  'a text that throws while it is inserted': () => outcome(() => document.createElement('p').append({ toString() { throw new RangeError('mine'); } })),
  'scripts and frames in one fragment': () => {
    const fragment = document.createDocumentFragment();
    const [script, frame, log] = [document.createElement('script'), document.createElement('iframe'), []];
    globalThis.noted = (one) => log.push(one);
    script.textContent = 'noted(document.currentScript.parentNode.localName + [...document.querySelectorAll("iframe")].length)';
    const place = document.createElement('div');
    document.body.append(place);
    fragment.append(frame, script);
    place.append(fragment);
    log.push([...place.childNodes].map(({ nodeName }) => nodeName).join());
    place.remove();
    delete globalThis.noted;
    return log;
  },
  'what an observer sees of an insertion': async () => {
    const seen = [];
    const place = document.createElement('div');
    document.body.append(place);
    const observer = new MutationObserver((records) => seen.push(...records.map(({ type, addedNodes, removedNodes }) => `${type} ${[...addedNodes].map(({ nodeName }) => nodeName)} ${[...removedNodes].map(({ nodeName }) => nodeName)}`)));
    observer.observe(place, { childList: true, subtree: true });
    place.append(document.createElement('iframe'), 'text', document.createElement('p'));
    place.innerHTML = '<b>x</b><iframe></iframe>';
    await pause(20);
    place.remove();
    return seen;
  },
  'reactions of a custom element': async () => {
    const log = [];
    const name = `x-case-${Math.random().toString(36).slice(2)}`;
    class Mine extends HTMLElement {
      static observedAttributes = ['a'];
      connectedCallback(...args) { log.push(`connected ${args.length} ${this instanceof Mine}`); }
      disconnectedCallback() { log.push('disconnected'); }
      attributeChangedCallback(...args) { log.push(`attribute ${args.join()}`); }
    }
    const before = Object.getOwnPropertyDescriptor(Mine.prototype, 'connectedCallback').value;
    customElements.define(name, Mine);
    const one = document.createElement(name);
    one.setAttribute('a', '1');
    document.body.append(one);
    one.remove();
    return [...log, Mine.prototype.connectedCallback === before, customElements.get(name) === Mine, Reflect.ownKeys(Mine.prototype).join()];
  },
  'wrong definitions of elements': async () => [
    await outcome(() => customElements.define()),
    await outcome(() => customElements.define('x', class extends HTMLElement {})),
    await outcome(() => customElements.define('x-y', {})),
    await outcome(() => customElements.define('x-z', () => {})),
    await outcome(() => customElements.define('x-w', class extends HTMLElement { get connectedCallback() { throw new RangeError('mine'); } static get observedAttributes() { return []; } })),
  ],
  'order in which define reads': async () => {
    const log = [];
    class Mine extends HTMLElement {}
    const noted = new Proxy(Mine, { get: (self, key, receiver) => (log.push(String(key)), key === 'prototype' ? self.prototype : Reflect.get(self, key, receiver)) });
    return [await outcome(() => customElements.define(`x-n${Math.random().toString(36).slice(2)}`, noted)).then((said) => error(new Error(said.replace(/x-n\w+/g, 'NAME')))), ...log];
  },
  'open and its arguments': async () => [await outcome(() => open.call({})), await outcome(() => open('http://[')), typeof open],
  'frames and length': () => framed((view, frame) => [window.length > 0, frames === window, window[window.length - 1] === view, frame.contentDocument === view.document, view.frameElement === frame, view.parent === window]),
  'named access to a frame': () => framed((view, frame) => {
    frame.name = 'mine';
    return [globalThis.mine === view, view.name];
  }),
  'event.source': () => framed((view) => new Promise((resolve) => {
    addEventListener('message', (event) => resolve([event.source === view, event.data, event.constructor.name]), { once: true });
    const script = view.document.createElement('script');
    script.textContent = 'parent.postMessage("x", "*")';
    view.document.documentElement.append(script);
  })),
};
