// A lens is one realm's own built-ins, taken at one moment. Everything that reads a connection here
// goes through a lens, so that the same reading serves for a realm's own connection and for the
// accessors of one realm applied to the objects of another.

const INTERFACES = [
  'RTCPeerConnection', 'RTCIceCandidate', 'RTCSessionDescription', 'RTCPeerConnectionIceEvent',
  'RTCPeerConnectionIceErrorEvent', 'RTCStatsReport', 'RTCIceTransport', 'RTCDtlsTransport',
  'RTCSctpTransport', 'RTCRtpSender', 'RTCRtpReceiver', 'RTCRtpTransceiver', 'RTCIceCandidatePair',
  'EventTarget', 'Event',
];

/** Takes the built-ins of a window, now. Throws where the window can't be read. */
export function capture(view) {
  const interfaces = Object.create(null);
  for (const name of INTERFACES) {
    const made = view[name];
    if (typeof made !== 'function') continue;
    interfaces[name] = { made, members: Object.getOwnPropertyDescriptors(made.prototype) };
  }
  return {
    view,
    interfaces,
    alias: view.webkitRTCPeerConnection ?? view.mozRTCPeerConnection,
    stringify: view.JSON.stringify,
  };
}

/** A realm that can only be reached by messages: a script inside reads for us. */
export function remote(ask) {
  return { ask };
}

export function construct(lens, name, ...args) {
  const found = lens.interfaces[name];
  if (!found) throw new TypeError(`${name} is not there`);
  return Reflect.construct(found.made, args);
}

/** Calls a method as the lens's realm had it on any realm's object. */
export function call(lens, name, object, member, ...args) {
  const method = lens.interfaces[name]?.members[member]?.value;
  return typeof method === 'function' ? Reflect.apply(method, object, args) : object[member](...args);
}

/** Reads an attribute by the lens's accessor. */
export function read(lens, name, object, member) {
  const getter = lens.interfaces[name]?.members[member]?.get;
  return getter ? Reflect.apply(getter, object, []) : object[member];
}

export function listen(lens, target, type, listener, options) {
  call(lens, 'EventTarget', target, 'addEventListener', type, listener, options);
}

const text = (value) => {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  return '';
};

/** Every text that an object gives, in every way of reading it that there is. */
export function everything(lens, name, object) {
  const out = [];
  const say = (how, make) => {
    try {
      const value = text(make());
      if (value) out.push(`${how}: ${value}`);
    } catch (error) {
      out.push(`${how} threw ${error?.name}: ${error?.message}`);
    }
  };
  if (!object) return out;
  const members = lens.interfaces[name]?.members ?? {};
  for (const member of Object.keys(members)) {
    const { get, value } = members[member];
    if (get) say(`accessor ${member}`, () => Reflect.apply(get, object, []));
    if (member === 'toJSON' && typeof value === 'function') {
      say('toJSON applied', () => JSON.stringify(Reflect.apply(value, object, [])));
    }
  }
  for (const member in object) {
    say(`property ${member}`, () => object[member]);
    say(`Reflect.get ${member}`, () => Reflect.get(object, member, object));
  }
  for (const [member, value] of Object.entries(object)) say(`entry ${member}`, () => value);
  say('toJSON', () => (object.toJSON ? JSON.stringify(object.toJSON()) : ''));
  say('JSON', () => JSON.stringify(object));
  say('JSON of the realm', () => lens.stringify(object));
  say('text', () => String(object));
  say('spread', () => JSON.stringify({ ...object }));
  say('assign', () => JSON.stringify(Object.assign({}, object)));
  say('clone', () => JSON.stringify(clone(object)));
  return out;
}

function clone(object) {
  try {
    return structuredClone(object);
  } catch {
    return ''; // platform objects can't be cloned; plain ones can
  }
}
