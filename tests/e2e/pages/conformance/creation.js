// The constructor, RTCConfiguration, getConfiguration, setConfiguration, close (webrtc-pc 4.2, 4.3, 4.4).
/* eslint no-self-compare: 0 -- identity is what is looked at */
import { connection, error, outcome, say, still, thrownBy, trace } from './lib.js';

const RELAY = { urls: 'turn:192.0.2.1', username: 'u', credential: 'c' };
const STUN = { urls: 'stun:192.0.2.1' };

/** Configurations, right and wrong. */
const CONFIGURATIONS = {
  'nothing': undefined,
  'null': null,
  'a number': 5,
  'a string': 'x',
  'a function': () => {},
  'an array': [],
  'empty': {},
  'servers null': { iceServers: null },
  'servers undefined': { iceServers: undefined },
  'servers no list': { iceServers: {} },
  'servers a string': { iceServers: 'stun:192.0.2.1' },
  'a set of servers': { iceServers: new Set([STUN]) },
  'a server without URLs': { iceServers: [{}] },
  'a server that is null': { iceServers: [null] },
  'a server that is a number': { iceServers: [1] },
  'URLs null': { iceServers: [{ urls: null }] },
  'no URL': { iceServers: [{ urls: [] }] },
  'an empty URL': { iceServers: [{ urls: '' }] },
  'a wrong scheme': { iceServers: [{ urls: 'http://192.0.2.1' }] },
  'a wrong port': { iceServers: [{ urls: 'stun:192.0.2.1:99999' }] },
  'a query on STUN': { iceServers: [{ urls: 'stun:192.0.2.1?transport=udp' }] },
  'a wrong transport': { iceServers: [{ urls: 'turn:192.0.2.1?transport=x', username: 'u', credential: 'c' }] },
  'TURN without credentials': { iceServers: [{ urls: 'turn:192.0.2.1' }] },
  'TURN with a name only': { iceServers: [{ urls: 'turn:192.0.2.1', username: 'u' }] },
  'TURN': { iceServers: [RELAY] },
  'TURN and STUN': { iceServers: [RELAY, STUN] },
  'several URLs': { iceServers: [{ urls: ['stun:192.0.2.1', 'stun:192.0.2.2:3479', 'turn:192.0.2.3?transport=tcp'], username: 'u', credential: 'c' }] },
  'the same URL twice': { iceServers: [{ urls: ['stun:192.0.2.1', 'stun:192.0.2.1'] }] },
  'TURNS': { iceServers: [{ urls: 'turns:relay.example:443?transport=tcp', username: 'u', credential: 'c' }] },
  'STUNS': { iceServers: [{ urls: 'stuns:relay.example' }] },
  'IPv6': { iceServers: [{ urls: 'stun:[2001:db8::1]:3478' }] },
  'blanks in a URL': { iceServers: [{ urls: ' stun:192.0.2.1 ' }] },
  'a line break in a URL': { iceServers: [{ urls: 'stun:192.0.2.1\n' }] },
  'capitals in a URL': { iceServers: [{ urls: 'STUN:192.0.2.1' }] },
  'the old url member': { iceServers: [{ url: 'stun:192.0.2.1' }] },
  'a credential type': { iceServers: [{ ...RELAY, credentialType: 'password' }] },
  'a wrong credential type': { iceServers: [{ ...RELAY, credentialType: 'x' }] },
  'policy relay': { iceTransportPolicy: 'relay' },
  'policy all': { iceTransportPolicy: 'all' },
  'a wrong policy': { iceTransportPolicy: 'none' },
  'policy null': { iceTransportPolicy: null },
  'bundle balanced': { bundlePolicy: 'balanced' },
  'bundle max-compat': { bundlePolicy: 'max-compat' },
  'bundle max-bundle': { bundlePolicy: 'max-bundle' },
  'a wrong bundle': { bundlePolicy: 'x' },
  'mux require': { rtcpMuxPolicy: 'require' },
  'mux negotiate': { rtcpMuxPolicy: 'negotiate' },
  'pool 0': { iceCandidatePoolSize: 0 },
  'pool 1': { iceCandidatePoolSize: 1 },
  'pool 255': { iceCandidatePoolSize: 255 },
  'pool 256': { iceCandidatePoolSize: 256 },
  'pool -1': { iceCandidatePoolSize: -1 },
  'pool -0.5': { iceCandidatePoolSize: -0.5 },
  'pool 2.7': { iceCandidatePoolSize: 2.7 },
  'pool NaN': { iceCandidatePoolSize: NaN },
  'pool null': { iceCandidatePoolSize: null },
  'pool a string': { iceCandidatePoolSize: '3' },
  'pool an object': { iceCandidatePoolSize: { valueOf: () => 2 } },
  'pool a symbol': { iceCandidatePoolSize: Symbol('x') },
  'pool a bigint': { iceCandidatePoolSize: 3n },
  'certificates null': { certificates: null },
  'no certificates': { certificates: [] },
  'wrong certificates': { certificates: [{}] },
  'peer identity': { peerIdentity: 'a@b.example' },
  'all of it': { iceServers: [RELAY, STUN], iceTransportPolicy: 'all', bundlePolicy: 'max-bundle', rtcpMuxPolicy: 'require', iceCandidatePoolSize: 2 },
  'unknown members': { x: 1, iceServers: [{ ...STUN, y: 2 }] },
  'a frozen dictionary': Object.freeze({ iceServers: Object.freeze([Object.freeze({ ...STUN })]), iceCandidatePoolSize: 3 }),
  'inherited members': Object.create({ iceServers: [STUN], bundlePolicy: 'max-compat' }),
};

export const creation = {};

for (const [name, value] of Object.entries(CONFIGURATIONS)) {
  const made = () => (value === undefined ? connection() : connection(value));
  creation[`constructor with ${name}`] = () => outcome(() => say(made().getConfiguration(), 5));
  creation[`setConfiguration with ${name}`] = () => outcome(() => {
    const pc = connection({ bundlePolicy: value?.bundlePolicy === 'x' ? 'balanced' : value?.bundlePolicy });
    const given = pc.setConfiguration(value);
    return [given, say(pc.getConfiguration(), 5)];
  });
}

/** A dictionary that notes in which order its members are read. */
function noted(log, target, name = '') {
  return new Proxy(target, {
    get(self, key, receiver) {
      log.push(`get ${name}${String(key)}`);
      const value = Reflect.get(self, key, receiver);
      return typeof value === 'object' && value !== null && key !== 'certificates' ? noted(log, value, `${name}${String(key)}.`) : value;
    },
    has: (self, key) => (log.push(`has ${name}${String(key)}`), Reflect.has(self, key)),
    ownKeys: (self) => (log.push(`keys ${name}`), Reflect.ownKeys(self)),
    getOwnPropertyDescriptor: (self, key) => (log.push(`own ${name}${String(key)}`), Reflect.getOwnPropertyDescriptor(self, key)),
    getPrototypeOf: (self) => (log.push(`proto ${name}`), Reflect.getPrototypeOf(self)),
  });
}

const full = () => ({ iceServers: [{ urls: ['stun:192.0.2.1'], username: 'u', credential: 'c' }], iceTransportPolicy: 'all', iceCandidatePoolSize: 0 });

Object.assign(creation, {
  'order of the members read by the constructor': () => {
    const log = [];
    connection(noted(log, full()));
    return log.join();
  },
  'order of the members read by setConfiguration': () => {
    const log = [];
    connection().setConfiguration(noted(log, full()));
    return log.join();
  },
  'a getter that throws': () => outcome(() => connection({ get iceServers() { throw new RangeError('mine'); } })),
  'the very object that a getter throws': async () => {
    const mine = { mine: true };
    return (await thrownBy(() => connection({ get bundlePolicy() { throw mine; } }))) === mine;
  },
  'a getter that throws in setConfiguration': () => outcome(() => connection().setConfiguration({ get iceServers() { throw new RangeError('mine'); } })),
  'conversion by toString': () => outcome(() => connection({ iceServers: [{ urls: { toString: () => 'stun:192.0.2.9' } }] }).getConfiguration().iceServers[0].urls),
  'a list by its own iterator': () => outcome(() => connection({ iceServers: { * [Symbol.iterator]() { yield { urls: 'stun:192.0.2.8' }; } } }).getConfiguration().iceServers.length),
  'called without new': () => outcome(() => RTCPeerConnection()),
  'called on an object': () => outcome(() => RTCPeerConnection.call({})),
  'many arguments': () => outcome(() => new RTCPeerConnection({}, {}, 1, 2).close()),
  'an optional argument that is no object': () => outcome(() => new RTCPeerConnection({}, 5).close()),
  'members of a new connection': () => {
    const pc = connection();
    const said = {};
    for (const key in pc) if (typeof pc[key] !== 'function') said[key] = say(pc[key], 1);
    return say(said);
  },
  'own keys of a connection': () => say(Reflect.ownKeys(connection())),
  'type tags': () => `${Object.prototype.toString.call(connection())} ${connection()}`,
  'instanceof': () => [connection() instanceof RTCPeerConnection, connection() instanceof EventTarget, Object.getPrototypeOf(connection()) === RTCPeerConnection.prototype],
  'constructor of an instance': () => connection().constructor === RTCPeerConnection,
  'a subclass': () => {
    class Sub extends RTCPeerConnection {
      #secret = 5;
      get secret() { return this.#secret; }
      createOffer(...args) { return super.createOffer(...args); }
    }
    const pc = new Sub();
    const said = [pc.secret, pc instanceof Sub, pc instanceof RTCPeerConnection, pc.constructor.name, Object.getPrototypeOf(Sub) === RTCPeerConnection, pc.signalingState];
    pc.close();
    return said;
  },
  'Reflect.construct with another target': () => {
    const Other = function Other() {};
    const pc = Reflect.construct(RTCPeerConnection, [], Other);
    const said = [pc instanceof Other, pc instanceof RTCPeerConnection, Object.getPrototypeOf(pc) === Other.prototype];
    RTCPeerConnection.prototype.close.call(pc);
    return said;
  },
  'Reflect.construct with a bound target': () => outcome(() => {
    const pc = Reflect.construct(RTCPeerConnection, [], (function f() {}).bind());
    return Object.getPrototypeOf(pc) === RTCPeerConnection.prototype;
  }),
  'new.target that throws for its prototype': () => outcome(() => Reflect.construct(RTCPeerConnection, [], new Proxy(function f() {}, { get() { throw new RangeError('mine'); } }))),
  'structured clone of a connection': () => outcome(() => structuredClone(connection())),
  'JSON of a connection': () => JSON.stringify(connection()).length > 0,
  'getConfiguration gives a new object each time': () => {
    const pc = connection({ iceServers: [STUN] });
    return [pc.getConfiguration() === pc.getConfiguration(), pc.getConfiguration().iceServers === pc.getConfiguration().iceServers];
  },
  'prototypes in getConfiguration': () => {
    const { iceServers } = connection({ iceServers: [{ urls: ['stun:192.0.2.1'] }] }).getConfiguration();
    return [Object.getPrototypeOf(iceServers) === Array.prototype, Object.getPrototypeOf(iceServers[0]) === Object.prototype,
      Object.getPrototypeOf(iceServers[0].urls) === Array.prototype, Reflect.ownKeys(iceServers[0].urls).map(String), Reflect.ownKeys(iceServers).map(String)];
  },
  'order of the members of a server': () => say(Object.keys(connection({ iceServers: [RELAY] }).getConfiguration().iceServers[0])),
  'order of the members of a configuration': () => say(Object.keys(connection({ iceServers: [RELAY], iceCandidatePoolSize: 1 }).getConfiguration())),
  'what getConfiguration gave changes nothing': () => {
    const pc = connection({ iceServers: [STUN] });
    pc.getConfiguration().iceServers.push(RELAY);
    return pc.getConfiguration().iceServers.length;
  },
  'getConfiguration with arguments': () => outcome(() => say(connection().getConfiguration(1, 2))),
  'setConfiguration without an argument': () => outcome(() => connection().setConfiguration()),
  'setConfiguration changes the servers': () => {
    const pc = connection({ iceServers: [STUN] });
    pc.setConfiguration({ iceServers: [RELAY], iceTransportPolicy: 'relay' });
    return say(pc.getConfiguration(), 5);
  },
  'setConfiguration may not change the bundle policy': () => outcome(() => connection({ bundlePolicy: 'max-compat' }).setConfiguration({ bundlePolicy: 'max-bundle' })),
  'setConfiguration may not change certificates': async () => {
    const certificate = await RTCPeerConnection.generateCertificate({ name: 'ECDSA', namedCurve: 'P-256' });
    return outcome(() => connection().setConfiguration({ certificates: [certificate] }));
  },
  'setConfiguration leaves certificates': async () => {
    const certificate = await RTCPeerConnection.generateCertificate({ name: 'ECDSA', namedCurve: 'P-256' });
    return outcome(() => {
      const pc = connection({ certificates: [certificate] });
      pc.setConfiguration({ iceServers: [STUN], certificates: [certificate] });
      return [pc.getConfiguration().certificates?.length, pc.getConfiguration().certificates?.[0] === certificate];
    });
  },
  'setConfiguration after a wrong one keeps the old': () => {
    const pc = connection({ iceServers: [STUN] });
    try {
      pc.setConfiguration({ iceServers: [{ urls: 'x' }] });
    } catch {
      // As it should.
    }
    return say(pc.getConfiguration(), 5);
  },
  'setConfiguration after close': () => outcome(() => {
    const pc = connection();
    pc.close();
    pc.setConfiguration({});
  }),
  'setConfiguration of the pool after a description': () => outcome(async () => {
    const pc = connection();
    pc.createDataChannel('x');
    await pc.setLocalDescription();
    pc.setConfiguration({ iceCandidatePoolSize: 3 });
  }),
  'getConfiguration after close': () => outcome(() => {
    const pc = connection({ iceServers: [STUN] });
    pc.close();
    return say(pc.getConfiguration(), 5);
  }),
  'close twice': () => outcome(() => {
    const pc = connection();
    return [pc.close(), pc.close(), pc.signalingState, pc.connectionState, pc.iceConnectionState, pc.iceGatheringState];
  }),
  'generateCertificate': () => outcome(async () => (await RTCPeerConnection.generateCertificate('RSASSA-PKCS1-v1_5')).constructor.name),
  'generateCertificate without an argument': () => outcome(() => RTCPeerConnection.generateCertificate()),
  'generateCertificate of a subclass': () => outcome(async () => {
    class Sub extends RTCPeerConnection {}
    return (await Sub.generateCertificate({ name: 'ECDSA', namedCurve: 'P-256' })).constructor.name;
  }),
  'a certificate in getConfiguration': async () => {
    const certificate = await RTCPeerConnection.generateCertificate({ name: 'ECDSA', namedCurve: 'P-256' });
    return outcome(() => connection({ certificates: [certificate] }).getConfiguration().certificates?.[0] === certificate);
  },
  'trace of a wrong constructor call': async () => trace(await thrownBy(() => new RTCPeerConnection({ iceTransportPolicy: 'x' }))),
  'trace of a wrong setConfiguration': async () => trace(await thrownBy(() => connection().setConfiguration({ iceTransportPolicy: 'x' }))),
  'trace of an exception of the page’s getter': async () => trace(await thrownBy(() => connection({ get iceServers() { return new Error('x').stack.length.x.y; } }))),
  'what a getter sees of the stack': () => {
    let seen;
    connection({ get iceServers() { seen = new Error('here'); return []; } });
    return trace(seen);
  },
  'what a valueOf sees of the stack': () => {
    let seen;
    connection({ iceCandidatePoolSize: { valueOf() { seen = new Error('here'); return 0; } } });
    return seen ? trace(seen) : 'not asked';
  },
  'lines and columns of an exception': async () => {
    const thrown = await thrownBy(() => new RTCPeerConnection({ iceTransportPolicy: 'x' }));
    return Reflect.ownKeys(thrown).map(String).join() + ['fileName', 'lineNumber', 'columnNumber'].map((name) => typeof thrown[name] + String(thrown[name]).split('/').pop()).join();
  },
  'descriptor of an exception’s stack': async () => {
    const thrown = await thrownBy(() => new RTCPeerConnection({ iceTransportPolicy: 'x' }));
    const found = Object.getOwnPropertyDescriptor(thrown, 'stack');
    return found ? `${Object.keys(found)} ${found.enumerable} ${found.configurable}` : 'inherited';
  },
  'Error.prepareStackTrace': async () => {
    Error.prepareStackTrace = (_, sites) => sites.map((site) => `${site.getFunctionName()} ${String(site.getFileName()).split('/').pop()}`).join('|');
    try {
      const thrown = await thrownBy(() => new RTCPeerConnection({ iceTransportPolicy: 'x' }));
      return String(thrown.stack).replace(/^.*\n\s+at /s, '').replace(/:\d+:\d+/g, '').replace(/https?:\S+\//g, '');
    } finally {
      delete Error.prepareStackTrace;
    }
  },
  'Error.stackTraceLimit 1': async () => {
    const before = Error.stackTraceLimit;
    Error.stackTraceLimit = 1;
    const thrown = await thrownBy(() => new RTCPeerConnection({ iceTransportPolicy: 'x' }));
    Error.stackTraceLimit = before;
    return trace(thrown);
  },
  'the stack when it is used up': () => {
    let depth = 0;
    const deeper = () => {
      depth += 1;
      deeper();
    };
    try {
      deeper();
    } catch (thrown) {
      return error(thrown);
    }
    return depth > 0;
  },
  'caller of the page’s function': () => outcome(() => {
    function seen() {
      return seen.caller === null;
    }
    return seen();
  }),
  'garbage does no harm': async () => {
    for (let i = 0; i < 20; i += 1) connection();
    await still(50);
    return 'alive';
  },
});
