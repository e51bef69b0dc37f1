// WebIDL: what each interface's objects look like, member by member.
import { descriptor, error, say } from './lib.js';

const CALLED = [
  'RTCPeerConnection', 'RTCSessionDescription', 'RTCIceCandidate', 'RTCPeerConnectionIceEvent',
  'RTCPeerConnectionIceErrorEvent', 'RTCIceTransport', 'RTCDtlsTransport', 'RTCSctpTransport', 'RTCRtpSender',
  'RTCRtpReceiver', 'RTCRtpTransceiver', 'RTCDataChannel', 'RTCDataChannelEvent', 'RTCTrackEvent', 'RTCStatsReport',
  'RTCCertificate', 'RTCDTMFSender', 'RTCError', 'RTCErrorEvent', 'MessageEvent', 'HTMLIFrameElement',
  'HTMLFrameElement', 'HTMLObjectElement', 'HTMLEmbedElement', 'Range', 'CharacterData', 'DocumentFragment',
  'DocumentType', 'CustomElementRegistry', 'HTMLSelectElement', 'HTMLOptionsCollection', 'HTMLTableElement',
  'Node', 'Element', 'Document', 'ShadowRoot', 'EventTarget',
];

/** What a member does for receivers that it isn't for. Nothing here reaches an object of its interface. */
function misuse(found) {
  const said = [];
  for (const part of ['value', 'get', 'set']) {
    const member = found[part];
    if (typeof member !== 'function') continue;
    for (const [name, self] of [['{}', {}], ['null', null], ['number', 5], ['document.fonts', document.fonts]]) {
      try {
        said.push(`${part} of ${name} gave ${say(Reflect.apply(member, self, []), 1)}`);
      } catch (thrown) {
        said.push(`${part} of ${name} threw ${error(thrown)}`);
      }
    }
    try {
      Reflect.construct(member, []);
      said.push(`${part} constructs`);
    } catch (thrown) {
      said.push(`new ${part} threw ${error(thrown)}`);
    }
  }
  return said.join('; ');
}

function look(found) {
  const said = [];
  for (const part of ['value', 'get', 'set']) {
    const member = found[part];
    if (typeof member !== 'function') continue;
    const keys = Reflect.ownKeys(member).map(String).sort().join(); // Firefox makes them as they are read
    const proto = Object.getPrototypeOf(member) === Function.prototype ? 'Function' : say(Object.getPrototypeOf(member), 1);
    said.push(`${part}: ${keys} ${descriptor(member, 'name')} ${descriptor(member, 'length')} proto ${proto}`);
    said.push(`${Function.prototype.toString.call(member)} ${String(member)} ${Object.isExtensible(member)} ${typeof member}`);
  }
  return said.join('; ');
}

export const idl = {};

for (const name of CALLED) {
  const interface_ = globalThis[name];
  if (typeof interface_ !== 'function') {
    idl[`${name} is there`] = () => 'no';
    continue;
  }
  idl[`${name} on the window`] = () => `${descriptor(globalThis, name)} ${Function.prototype.toString.call(interface_)}`;
  idl[`${name} called`] = () => {
    try {
      return say(interface_());
    } catch (thrown) {
      return error(thrown);
    }
  };
  idl[`${name} and its parent`] = () => `${Object.getPrototypeOf(interface_).name} ${Object.getPrototypeOf(interface_.prototype)?.constructor?.name}`;
  for (const [place, object] of [['', interface_], ['.prototype', interface_.prototype]]) {
    idl[`${name}${place} keys`] = () => Reflect.ownKeys(object).map(String).join();
    idl[`${name}${place} enumerated`] = () => {
      const names = [];
      for (const key in object) names.push(key);
      return names.join();
    };
    for (const key of Reflect.ownKeys(object)) {
      const found = Object.getOwnPropertyDescriptor(object, key);
      if (!['value', 'get', 'set'].some((part) => typeof found[part] === 'function')) continue;
      const member = `${name}${place}.${String(key)}`;
      idl[`${member} described`] = () => `${descriptor(object, key)}; ${look(found)}`;
      // Functions that every object has, and constructors, are for any receiver.
      if (place === '' || key === 'constructor' || name === 'EventTarget') continue;
      idl[`${member} misused`] = () => misuse(found);
    }
  }
}

idl['names of the window'] = () => Reflect.ownKeys(globalThis).map(String).filter((name) => !/^\d+$|^(observe|groups)$/.test(name)).sort().join();
idl['order of the window’s names'] = () =>
  Reflect.ownKeys(globalThis).map(String).filter((name) => /RTC|open|frames|postMessage|webkit|moz/.test(name)).join();
idl['open described'] = () => `${descriptor(globalThis, 'open')} ${look(Object.getOwnPropertyDescriptor(globalThis, 'open'))}`;
idl['Function.prototype.toString described'] = () => look(Object.getOwnPropertyDescriptor(Function.prototype, 'toString'));
idl['Function.prototype.toString of no function'] = () => {
  const said = [];
  for (const self of [{}, null, undefined, 5, 'x', Object.create(Function.prototype), new Proxy(() => {}, {})]) {
    try {
      said.push(Function.prototype.toString.call(self));
    } catch (thrown) {
      said.push(error(thrown));
    }
  }
  return said.join('; ');
};
idl['old names'] = () => ['webkitRTCPeerConnection', 'mozRTCPeerConnection', 'mozRTCIceCandidate', 'mozRTCSessionDescription']
  .map((name) => `${name} ${typeof globalThis[name]} ${globalThis[name] === RTCPeerConnection}`).join();
idl['the constructor is one'] = () => `${RTCPeerConnection.prototype.constructor === RTCPeerConnection} ${Object.hasOwn(RTCPeerConnection, 'prototype')}`;
idl['nothing of ours on the document'] = () => [...document.documentElement.attributes, ...document.documentElement.children].map(({ nodeName }) => nodeName).join();
