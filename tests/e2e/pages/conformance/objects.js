// What needs no call: certificates, tones, errors, and the events that a page makes itself (webrtc-pc 4.9, 5.7, 6.3, 7, 10).
/* eslint no-self-compare: 0 -- identity is what is looked at */
import { connection, descriptor, error, outcome, pause, say } from './lib.js';

const KEY = { name: 'ECDSA', namedCurve: 'P-256' };
const rsa = (change) => [{ name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256', ...change }];
const KEYS = {
  'null': [null],
  'undefined': [undefined],
  'a number': [5],
  'empty': [{}],
  'a name': ['ECDSA'],
  'an unknown name': ['nope'],
  'a curve': [KEY],
  'a name in small letters': [{ name: 'ecdsa', namedCurve: 'P-256' }],
  'an unknown curve': [{ name: 'ECDSA', namedCurve: 'P-1' }],
  'RSA': rsa({}),
  'RSA of few bits': rsa({ modulusLength: 512 }),
  'RSA of another exponent': rsa({ publicExponent: new Uint8Array([2]) }),
  'RSA of an old hash': rsa({ hash: 'SHA-1' }),
  'a life of nothing': [{ ...KEY, expires: 0 }],
  'a life below nothing': [{ ...KEY, expires: -1 }],
  'a life that is text': [{ ...KEY, expires: 'x' }],
  'a getter that throws': [{ get name() { throw new RangeError('mine'); } }],
};

/** Constructors of events, with what each is given. */
const EVENTS = {
  RTCPeerConnectionIceEvent: [[], ['x'], ['x', null], ['x', {}], ['x', 5], ['x', { candidate: null }], ['x', { candidate: 5 }], ['x', { url: 5 }], ['x', { url: null }]],
  RTCPeerConnectionIceErrorEvent: [[], ['x'], ['x', null], ['x', { errorCode: 'x' }], ['x', { errorCode: 700 }], ['x', { errorCode: 70000 }],
    ['x', { errorCode: 701, address: null, port: null }], ['x', { errorCode: 701, address: 5, port: '6' }], ['x', { errorCode: 701, hostCandidate: '192.0.2.1:5' }]],
  RTCTrackEvent: [[], ['x'], ['x', {}], ['x', null], ['x', { receiver: {} }]],
  RTCDataChannelEvent: [[], ['x'], ['x', {}], ['x', { channel: null }], ['x', { channel: {} }]],
  RTCErrorEvent: [[], ['x'], ['x', {}], ['x', { error: {} }], ['x', { error: new Error('x') }]],
  RTCDTMFToneChangeEvent: [[], ['x'], ['x', {}], ['x', { tone: 5 }], ['x', { tone: null }]],
  RTCError: [[], [{}], [{ errorDetail: 'x' }], [{ errorDetail: 'dtls-failure' }, 'm'], [{ errorDetail: 'sctp-failure', sctpCauseCode: 5 }], [null]],
};

/** An object's members, whatever its interface calls them. */
function members(object) {
  const said = [];
  for (const key in object) {
    if (typeof object[key] !== 'function' && key !== 'timeStamp') said.push(`${key}=${say(object[key], 1)}`);
  }
  return said.join(' ');
}

export const objects = {};

for (const [name, args] of Object.entries(KEYS)) {
  objects[`generateCertificate of ${name}`] = () => outcome(async () => {
    const made = await RTCPeerConnection.generateCertificate(...args);
    return [Object.prototype.toString.call(made), made.constructor === globalThis.RTCCertificate, typeof made.expires, made.expires > Date.now()];
  });
}

for (const [name, forms] of Object.entries(EVENTS)) {
  forms.forEach((args, index) => {
    objects[`new ${name}, form ${index}`] = () => outcome(() => {
      const made = new globalThis[name](...args);
      return [members(made), made.constructor.name, Object.prototype.toString.call(made), say(Reflect.ownKeys(made))];
    });
  });
  objects[`${name} called`] = () => outcome(() => (0, globalThis[name])('x', {}));
  objects[`${name} subclassed`] = () => outcome(() => {
    class Sub extends globalThis[name] {
      mine() { return 1; }
    }
    const made = new Sub(...(name === 'RTCError' ? [{ errorDetail: 'dtls-failure' }] : ['x', { errorCode: 701 }]));
    return [made.mine(), made instanceof globalThis[name], made.constructor === Sub];
  });
}

Object.assign(objects, {
  'a certificate’s fingerprints': async () => {
    const made = await RTCPeerConnection.generateCertificate(KEY);
    return outcome(() => made.getFingerprints().map((one) => [Object.keys(one).join(), one.algorithm, /^[0-9a-f]{2}(:[0-9a-f]{2}){31}$/i.test(one.value)]));
  },
  'a certificate can be cloned': async () => {
    const made = await RTCPeerConnection.generateCertificate(KEY);
    return outcome(() => say(structuredClone(made)));
  },
  'a certificate’s own keys': async () => say(Reflect.ownKeys(await RTCPeerConnection.generateCertificate(KEY))),
  'a certificate can’t be constructed': () => outcome(() => new globalThis.RTCCertificate()),
  'a certificate in the description': async () => {
    const certificate = await RTCPeerConnection.generateCertificate(KEY);
    const pc = connection({ certificates: [certificate] });
    pc.createDataChannel('x');
    const { sdp } = await pc.createOffer();
    return outcome(() => sdp.toLowerCase().includes(certificate.getFingerprints().find(({ algorithm }) => algorithm === 'sha-256').value.toLowerCase()));
  },
  'a certificate that is over': async () => {
    const certificate = await RTCPeerConnection.generateCertificate({ ...KEY, expires: 0 });
    await pause(20);
    return outcome(() => connection({ certificates: [certificate] }).signalingState);
  },
  'two certificates': async () => {
    const both = [await RTCPeerConnection.generateCertificate(KEY), await RTCPeerConnection.generateCertificate(KEY)];
    return outcome(() => connection({ certificates: both }).signalingState);
  },
  'a static method': () => descriptor(RTCPeerConnection, 'generateCertificate'),
  'generateCertificate without its class': () => outcome(async () => {
    const { generateCertificate } = RTCPeerConnection;
    return (await generateCertificate(KEY)).constructor.name;
  }),
  'insertDTMF before negotiation': () => outcome(() => connection().addTransceiver('audio').sender.dtmf.insertDTMF('1')),
  'insertDTMF of wrong tones': () => outcome(() => connection().addTransceiver('audio').sender.dtmf.insertDTMF('x!')),
  'insertDTMF of nothing': () => outcome(() => connection().addTransceiver('audio').sender.dtmf.insertDTMF()),
  'a tone’s handler': () => outcome(() => {
    const { dtmf } = connection().addTransceiver('audio').sender;
    const handler = () => {};
    dtmf.ontonechange = handler;
    return [dtmf.ontonechange === handler, members(dtmf)];
  }),
  'DTMF of video': () => outcome(() => connection().addTransceiver('video').sender.dtmf),
  'the setters of a description': () => outcome(() => {
    const one = new RTCSessionDescription({ type: 'offer', sdp: 'x' });
    one.type = 'answer';
    one.type = 'nope';
    one.sdp = 5;
    return [one.type, one.sdp, JSON.stringify(one)];
  }),
  'a description of a description': () => outcome(() => JSON.stringify(new RTCSessionDescription(new RTCSessionDescription({ type: 'offer', sdp: 'x' })))),
  'a description subclassed': () => outcome(() => {
    class Sub extends RTCSessionDescription {
      get sdp() { return `sub ${super.sdp}`; }
      set sdp(value) { super.sdp = `set ${value}`; }
    }
    const one = new Sub({ type: 'offer', sdp: 'x' });
    one.sdp = 'y';
    return [one.sdp, JSON.stringify(one), one instanceof RTCSessionDescription];
  }),
  'instanceof by Symbol.hasInstance': () => outcome(() => [Object.hasOwn(RTCPeerConnection, Symbol.hasInstance), RTCPeerConnection[Symbol.hasInstance]({}), RTCPeerConnection[Symbol.hasInstance](connection())]),
  'an interface can’t be extended from a function': () => outcome(() => {
    function Old() {
      return Reflect.apply(RTCPeerConnection, this, []);
    }
    Object.setPrototypeOf(Old.prototype, RTCPeerConnection.prototype);
    return new Old();
  }),
  'a proxy of a connection is none': async () => {
    const shell = new Proxy(connection(), {});
    const members_ = ['signalingState', 'localDescription', 'remoteDescription'];
    const methods = ['createOffer', 'createAnswer', 'getConfiguration', 'getStats', 'addIceCandidate', 'setLocalDescription', 'restartIce', 'close'];
    return [await Promise.all(members_.map((name) => outcome(() => shell[name]))), await Promise.all(methods.map((name) => outcome(() => shell[name]())))];
  },
  'an heir of a connection is none': async () => {
    const heir = Object.create(connection());
    const methods = ['createOffer', 'createAnswer', 'getConfiguration', 'getStats', 'addIceCandidate', 'setLocalDescription', 'restartIce', 'close'];
    return [await outcome(() => heir.signalingState), await outcome(() => heir.localDescription), ...(await Promise.all(methods.map((name) => outcome(() => heir[name]()))))];
  },
  'a connection that lost its prototype': async () => {
    const pc = connection();
    const { createDataChannel, createOffer, getConfiguration, addIceCandidate } = RTCPeerConnection.prototype;
    Object.setPrototypeOf(pc, null);
    Reflect.apply(createDataChannel, pc, ['x']);
    const said = [(await Reflect.apply(createOffer, pc, [])).type, Object.keys(Reflect.apply(getConfiguration, pc, [])).length > 0, await outcome(() => Reflect.apply(addIceCandidate, pc, [{ candidate: 'x' }]))];
    Object.setPrototypeOf(pc, RTCPeerConnection.prototype);
    return said;
  },
  'members that the page adds': () => {
    const pc = connection();
    pc.mine = 1;
    RTCPeerConnection.mine = 2;
    RTCPeerConnection.prototype.mineToo = 3;
    const said = [Object.keys(pc).join(), RTCPeerConnection.mine, pc.mineToo, pc.constructor.mine];
    delete RTCPeerConnection.mine;
    delete RTCPeerConnection.prototype.mineToo;
    return said;
  },
  'a method that the page replaces': async () => {
    const { createOffer } = RTCPeerConnection.prototype;
    const calls = [];
    RTCPeerConnection.prototype.createOffer = function replaced(...args) {
      calls.push(args.length);
      return Reflect.apply(createOffer, this, args);
    };
    const pc = connection();
    pc.createDataChannel('x');
    await pc.createOffer();
    await pc.setLocalDescription();
    const own = String(RTCPeerConnection.prototype.createOffer).startsWith('function replaced');
    RTCPeerConnection.prototype.createOffer = createOffer;
    return [calls, own, RTCPeerConnection.prototype.createOffer === createOffer];
  },
  'a constructor that the page replaces': () => {
    const Own = RTCPeerConnection;
    globalThis.RTCPeerConnection = class Mine extends Own {};
    const pc = new RTCPeerConnection();
    const said = [RTCPeerConnection.name, pc instanceof Own, Own.prototype.constructor === Own];
    pc.close();
    globalThis.RTCPeerConnection = Own;
    return said;
  },
  'a frozen prototype': () => outcome(() => {
    const frame = document.createElement('iframe');
    document.body.append(frame);
    const view = frame.contentWindow;
    view.Object.freeze(view.RTCPeerConnection.prototype);
    const pc = new view.RTCPeerConnection();
    const said = [view.Object.isFrozen(view.RTCPeerConnection.prototype), pc.signalingState, typeof pc.createOffer];
    pc.close();
    frame.remove();
    return said;
  }),
  'what can be extended': () => {
    const said = [];
    for (const object of [RTCPeerConnection, RTCPeerConnection.prototype, RTCIceCandidate.prototype, RTCSessionDescription.prototype, RTCStatsReport.prototype]) {
      said.push(Object.isExtensible(object), Object.isFrozen(object), Object.isSealed(object));
    }
    return said;
  },
  'a guarded method as an object': () => {
    const { createOffer } = RTCPeerConnection.prototype;
    return [Reflect.ownKeys(createOffer).map(String).sort().join(), Object.hasOwn(createOffer, 'prototype'), 'caller' in createOffer, createOffer.bind({}).name,
      Object.prototype.toString.call(createOffer), error(new TypeError(String(createOffer)))];
  },
});
