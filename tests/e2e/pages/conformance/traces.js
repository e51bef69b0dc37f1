// What the browser tells a page besides: traces, reports of exceptions, entries of performance, names of built-ins.
import { connection, error, outcome, pause, say, thrownBy, trace } from './lib.js';

/** A channel's worth of negotiation, for what listeners see. */
const offering = (listen) => {
  const pc = connection();
  listen(pc);
  pc.createDataChannel('x');
  return pc;
};

/** A trace as a page gets it, in a call that the browser makes. */
const heardBy = async (listen, ms) => {
  let seen;
  const pc = offering((one) => listen(one, () => (seen ??= new Error('here'))));
  await pc.setLocalDescription();
  for (let waited = 0; waited < ms && !seen; waited += 20) await pause(20);
  return seen ? trace(seen) : 'not heard';
};

/** Reports of a type that `work` brings about. */
async function reports(type, work, read, ms = 120) {
  const seen = [];
  const hear = (event) => (event.preventDefault(), seen.push(read(event)));
  addEventListener(type, hear);
  const given = work();
  await pause(ms);
  removeEventListener(type, hear);
  return [seen, given];
}

const { get: localDescriptionOf } = Object.getOwnPropertyDescriptor(RTCPeerConnection.prototype, 'localDescription');
const WRONG = { iceTransportPolicy: 'x' };
const deeper = (left) => (left === 0 ? new RTCPeerConnection(WRONG) : deeper(left - 1));

/** Calls that throw at once, each with a trace of its own. */
const THROWING = {
  'a getter': () => localDescriptionOf.call({}),
  'a method': () => RTCPeerConnection.prototype.getConfiguration.call({}),
  'a candidate': () => new RTCIceCandidate({}),
  'a description': () => new RTCSessionDescription(5),
  'an insertion': () => document.body.appendChild(document),
  'a text inserted': () => document.body.append(Symbol('x')),
  'markup': () => document.body.insertAdjacentHTML('x', ''),
  'a range': () => new Range().insertNode(null),
  'an outerHTML': () => (document.documentElement.outerHTML = 'x'),
  'a definition': () => customElements.define('x', class extends HTMLElement {}),
  'an open': () => open('http://['),
  'toString': () => Function.prototype.toString.call({}),
  'a call without new': () => RTCPeerConnection(),
  'a channel': () => connection().createDataChannel('x'.repeat(70_000)),
  'a transceiver': () => connection().addTransceiver('x'),
  'a subclass': () => new (class extends RTCPeerConnection {})(WRONG),
  'Reflect.construct': () => Reflect.construct(RTCPeerConnection, [WRONG]),
  'Reflect.apply': () => Reflect.apply(RTCPeerConnection.prototype.setConfiguration, connection(), [WRONG]),
  'a bound method': () => RTCPeerConnection.prototype.setConfiguration.bind(connection(), WRONG)(),
  'a deep call': () => deeper(5),
  'a proxy of the page': () => new (new Proxy(RTCPeerConnection, {}))(WRONG),
  'a callback of map': () => [WRONG].map((one) => new RTCPeerConnection(one)),
};

export const traces = {};

for (const [name, work] of Object.entries(THROWING)) {
  traces[`trace through ${name}`] = async () => {
    const thrown = await thrownBy(work);
    return [trace(thrown), error(thrown), Reflect.ownKeys(thrown).map(String).join()];
  };
}

Object.assign(traces, {
  'captureStackTrace of the page': () => {
    const holder = {};
    Error.captureStackTrace?.(holder);
    return holder.stack ? trace(holder) : 'none';
  },
  'a listener’s stack': () => heardBy((pc, note) => pc.addEventListener('negotiationneeded', note), 500),
  'a handler’s stack': () => heardBy((pc, note) => (pc.onsignalingstatechange = note), 500),
  'a gathering handler’s stack': () => heardBy((pc, note) => (pc.onicegatheringstatechange = note), 1000),
  'a candidate listener’s stack': () => heardBy((pc, note) => pc.addEventListener('icecandidate', note), 2500),
  'the stack of a dispatch': async () => {
    const pc = connection();
    let seen;
    pc.addEventListener('icecandidate', () => (seen = new Error('here')));
    pc.dispatchEvent(new RTCPeerConnectionIceEvent('icecandidate'));
    return trace(seen);
  },
  'the stack after an offer': async () => {
    await offering(() => {}).createOffer();
    return trace(new Error('here'));
  },
  'a callback’s stack': () => new Promise((resolve) => {
    offering(() => {}).createOffer(() => resolve(trace(new Error('here'))), () => resolve('failed'));
  }),
  'a failing callback’s stack': () => new Promise((resolve) => {
    connection().createAnswer(() => resolve('fulfilled'), () => resolve(trace(new Error('here'))));
  }),
  'a reaction’s stack': async () => {
    let seen;
    const name = `x-trace-${Math.random().toString(36).slice(2)}`;
    customElements.define(name, class extends HTMLElement {
      connectedCallback() { seen = new Error('here'); }
    });
    const one = document.createElement(name);
    document.body.append(one);
    one.remove();
    return trace(seen).replaceAll(name, 'NAME');
  },
  'a text’s toString and its stack': () => {
    let seen;
    document.createElement('p').append({ toString: () => ((seen = new Error('here')), 'x') });
    return trace(seen);
  },
  'an exception of a frame’s own': async () => {
    const frame = document.createElement('iframe');
    document.body.append(frame);
    const thrown = await thrownBy(() => new frame.contentWindow.RTCPeerConnection(WRONG));
    const said = [trace(thrown), thrown instanceof frame.contentWindow.TypeError];
    frame.remove();
    return said;
  },
  'an uncaught exception': async () => {
    const [seen] = await reports('error', () => setTimeout(() => new RTCPeerConnection(WRONG)), (event) =>
      [event.message.replace(/^Uncaught /, ''), /conformance/.test(event.filename), event.lineno, error(event.error)]);
    return seen;
  },
  'an uncaught exception of a listener': async () => {
    const [seen] = await reports('error', () => {
      offering((pc) => pc.addEventListener('negotiationneeded', () => { throw new RangeError('mine'); }));
    }, (event) => [/conformance/.test(event.filename), event.lineno, error(event.error)]);
    return seen;
  },
  'an unhandled rejection’s promise': async () => {
    const [seen, given] = await reports('unhandledrejection', () => connection().createAnswer(), ({ promise, reason }) => ({ promise, reason }));
    return [seen.length, seen[0]?.promise === given, error(seen[0]?.reason)];
  },
  'a rejection that is handled later': async () => {
    const late = [];
    const hear = ({ type }) => late.push(type);
    addEventListener('rejectionhandled', hear);
    const [seen, given] = await reports('unhandledrejection', () => connection().createAnswer(), ({ type }) => type);
    given.catch(() => {});
    await pause(100);
    removeEventListener('rejectionhandled', hear);
    return [seen, late];
  },
  'entries of performance': async () => {
    // The loads of other cases, and a page's first painting, may be entered at any time.
    const begun = performance.now();
    const others = (name) => name.startsWith(location.origin);
    const pc = offering(() => {});
    await pc.createOffer();
    await pc.getStats();
    const entries = performance.getEntries().filter(({ entryType, name, startTime }) => startTime >= begun && !['paint', 'visibility-state'].includes(entryType) && !others(name));
    return [entries.map(({ entryType, name }) => `${entryType} ${name}`).join(), performance.getEntries().filter(({ name }) => /extension|native:code/.test(name)).length];
  },
  'scripts of the document': () => [[...document.scripts].map(({ src }) => src.split('/').pop()), say(document.currentScript), Reflect.ownKeys(document).map(String).join()],
  'what stands on the document’s fonts': () => [Reflect.ownKeys(document.fonts).length, document.fonts.size, document.fonts.status],
  'symbols of the window': () => Object.getOwnPropertySymbols(globalThis).map(String).join(),
  'names of the window that say too much': () => Reflect.ownKeys(globalThis).map(String).filter((name) => /guard|iceveil|hook|handshake/i.test(name)).join(),
  'own keys of built-ins': () => ['Object', 'Function', 'Promise', 'Proxy', 'Reflect', 'Error', 'Map', 'WeakMap', 'Symbol', 'Array', 'EventTarget', 'Node', 'Element', 'Document', 'HTMLIFrameElement', 'Event', 'CustomEvent', 'Window', 'History', 'Location']
    .map((name) => `${name}: ${Reflect.ownKeys(globalThis[name]).map(String).join()} ${Reflect.ownKeys(globalThis[name].prototype ?? {}).map(String).join()}`).join('; '),
  'a thenable in the place of options': () => outcome(async () => (await offering(() => {}).createOffer({ then() {} })).type),
  'a guarded function as a key': () => new WeakMap([[RTCPeerConnection.prototype.createOffer, 1]]).get(RTCPeerConnection.prototype.createOffer),
  'a guarded function can’t be cloned': () => outcome(() => structuredClone(RTCPeerConnection)),
  'an exception can be cloned': async () => {
    const copy = structuredClone(await thrownBy(() => new RTCPeerConnection(WRONG)));
    return [error(copy), trace(copy)];
  },
});
