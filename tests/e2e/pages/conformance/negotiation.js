// Offers, answers, descriptions and the chain of operations (webrtc-pc 4.4, RFC 9429).
/* eslint no-self-compare: 0 -- identity is what is looked at */
import { connection, descriptor, error, gathered, negotiated, outcome, plain, say, still, thrownBy, trace } from './lib.js';

const offering = () => {
  const pc = connection();
  pc.createDataChannel('x');
  return pc;
};
const lines = (sdp) => plain(sdp).split('\r\n').filter((line) => !/^a=(candidate|end-of-candidates)|^c=|^m=|^a=rtcp:/.test(line)).join('|');
const METHODS = ['createOffer', 'createAnswer', 'setLocalDescription', 'setRemoteDescription', 'addIceCandidate'];
const DESCRIPTIONS = {
  'nothing': [],
  'undefined': [undefined],
  'null': [null],
  'a number': [5],
  'a string': ['x'],
  'empty': [{}],
  'no type': [{ sdp: 'v=0' }],
  'a wrong type': [{ type: 'x', sdp: '' }],
  'no SDP': [{ type: 'offer' }],
  'an empty SDP': [{ type: 'offer', sdp: '' }],
  'garbage': [{ type: 'offer', sdp: 'garbage' }],
  'half an SDP': [{ type: 'offer', sdp: 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\n' }],
  'an answer at once': [{ type: 'answer', sdp: 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n' }],
  'a pranswer at once': [{ type: 'pranswer', sdp: '' }],
  'a rollback at once': [{ type: 'rollback' }],
  'a rollback with SDP': [{ type: 'rollback', sdp: 'x' }],
  'SDP null': [{ type: 'offer', sdp: null }],
  'SDP a number': [{ type: 'offer', sdp: 5 }],
  'a type by toString': [{ type: { toString: () => 'offer' }, sdp: 'garbage' }],
  'a symbol as type': [{ type: Symbol('x') }],
  'a getter that throws': [{ get type() { throw new RangeError('mine'); } }],
};

export const negotiation = {};

for (const method of METHODS) {
  negotiation[`${method} of no connection`] = () => outcome(() => RTCPeerConnection.prototype[method].call({}));
  negotiation[`${method} after close`] = () => outcome(() => {
    const pc = connection();
    pc.close();
    return pc[method](method.startsWith('set') ? { type: 'rollback' } : undefined);
  });
  negotiation[`${method} gives a promise of this realm`] = () => {
    const given = connection()[method]();
    given.catch(() => {});
    return `${given.constructor === Promise} ${Object.getPrototypeOf(given) === Promise.prototype} ${Reflect.ownKeys(given).length}`;
  };
  negotiation[`${method} with callbacks`] = () => outcome(async () => {
    const pc = connection();
    const said = [];
    const given = method.startsWith('create')
      ? pc[method]((...args) => said.push(['ok', args.length, args[0]?.type]), (...args) => said.push(['fail', args.length, error(args[0])]))
      : pc[method]({ type: 'offer', sdp: 'garbage' }, (...args) => said.push(['ok', args.length]), (...args) => said.push(['fail', args.length, error(args[0])]));
    said.push(say(await given));
    await still(150);
    return said;
  });
  negotiation[`${method} with one callback`] = () => outcome(async () => {
    const said = [];
    const ok = () => said.push('ok');
    const pc = offering();
    said.push(say(await (method.startsWith('create') ? pc[method](ok) : pc[method]({ type: 'offer', sdp: 'garbage' }, ok))));
    await still(100);
    return said;
  });
  negotiation[`trace of ${method}`] = async () => {
    const pc = connection();
    return trace(await thrownBy(() => pc[method]({ type: 'x', candidate: 'x' })));
  };
}

for (const method of ['setLocalDescription', 'setRemoteDescription']) {
  for (const [name, args] of Object.entries(DESCRIPTIONS)) {
    negotiation[`${method} with ${name}`] = () => outcome(() => offering()[method](...args));
  }
}

for (const options of [undefined, null, {}, 5, 'x', { iceRestart: true }, { offerToReceiveAudio: true }, { offerToReceiveVideo: 1 }, { voiceActivityDetection: false },
  { offerToReceiveAudio: -1 }, { get iceRestart() { throw new RangeError('mine'); } }]) {
  const name = typeof options === 'object' && options ? Object.keys(options).join() : String(options);
  negotiation[`createOffer with ${name || '{}'}`] = () => outcome(async () => {
    const offer = await offering().createOffer(options);
    return [say(Object.keys(offer)), offer.type, lines(offer.sdp)];
  });
}

/** Notes the order of microtasks and of what is settled. */
async function order(...named) {
  const log = [];
  await Promise.all(named.map(async ([name, promise]) => {
    await promise.catch(() => {});
    log.push(name);
  }));
  return log.join();
}

Object.assign(negotiation, {
  'an offer is plain or not': async () => {
    const offer = await offering().createOffer();
    return `${Object.prototype.toString.call(offer)} ${descriptor(offer, 'sdp').replace(/"[^]*"/, '""')} ${offer instanceof RTCSessionDescription} ${JSON.stringify(Object.keys(JSON.parse(JSON.stringify(offer))))}`;
  },
  'an answer is plain or not': async () => {
    const [a, b] = [offering(), connection()];
    await b.setRemoteDescription(await a.createOffer());
    const answer = await b.createAnswer();
    return `${Object.prototype.toString.call(answer)} ${Object.keys(answer)} ${answer.type} ${lines(answer.sdp)}`;
  },
  'two offers are two objects': async () => {
    const pc = offering();
    return (await pc.createOffer()) === (await pc.createOffer());
  },
  'createAnswer without an offer': () => outcome(() => connection().createAnswer()),
  'identity of localDescription': async () => {
    const pc = offering();
    const said = [pc.localDescription];
    await pc.setLocalDescription();
    said.push(pc.localDescription === pc.localDescription, pc.localDescription === pc.pendingLocalDescription, pc.currentLocalDescription);
    return said;
  },
  'identity of remoteDescription': async () => {
    const pc = connection();
    await pc.setRemoteDescription(await offering().createOffer());
    return [pc.remoteDescription === pc.remoteDescription, pc.remoteDescription === pc.pendingRemoteDescription, pc.currentRemoteDescription];
  },
  'a kept description': async () => {
    const pc = offering();
    await pc.setLocalDescription();
    const kept = pc.localDescription;
    await gathered(pc);
    return [kept === pc.localDescription, kept.sdp === pc.localDescription.sdp];
  },
  'a description is what it is': async () => {
    const pc = offering();
    await pc.setLocalDescription();
    const one = pc.localDescription;
    return [Object.prototype.toString.call(one), one instanceof RTCSessionDescription, Reflect.ownKeys(one).length, one.type, lines(one.sdp), Object.keys(one.toJSON()).join(), one.toJSON().sdp === one.sdp, JSON.stringify(one) === JSON.stringify(one.toJSON())];
  },
  'a description can be cloned': async () => {
    const pc = offering();
    await pc.setLocalDescription();
    return outcome(() => structuredClone(pc.localDescription));
  },
  'a description’s SDP can be set': async () => {
    const pc = offering();
    await pc.setLocalDescription();
    const one = pc.localDescription;
    const said = [await outcome(() => { 'use strict'; one.sdp = 'mine'; return one.sdp; }), await outcome(() => { 'use strict'; one.type = 'answer'; return one.type; })];
    return [...said, lines(pc.localDescription.sdp).length > 20];
  },
  'RTCSessionDescription of what it is given': async () => {
    const said = [];
    for (const args of Object.values(DESCRIPTIONS)) said.push(await outcome(() => JSON.stringify(new RTCSessionDescription(...args))));
    return said;
  },
  'the local description at each step': async () => {
    const pc = offering();
    const offer = await pc.createOffer();
    await pc.setLocalDescription(offer);
    return [pc.signalingState, lines(pc.localDescription.sdp) === lines(offer.sdp), pc.pendingLocalDescription?.type, pc.currentLocalDescription, pc.remoteDescription];
  },
  'an offer changed by the page': async () => {
    const pc = offering();
    const { type, sdp } = await pc.createOffer();
    return outcome(() => pc.setLocalDescription({ type, sdp: sdp.replace('a=setup:actpass', 'a=setup:active') }));
  },
  'an offer with another fingerprint': async () => {
    const pc = offering();
    const { type, sdp } = await pc.createOffer();
    return outcome(() => pc.setLocalDescription({ type, sdp: sdp.replace(/(a=ice-ufrag:)\S+/, '$1abcd') }));
  },
  'someone else’s offer': async () => {
    const pc = offering();
    const other = await offering().createOffer();
    return outcome(() => pc.setLocalDescription(other));
  },
  'an old offer': async () => {
    const pc = offering();
    const old = await pc.createOffer();
    pc.addTransceiver('audio');
    await pc.createOffer();
    return outcome(() => pc.setLocalDescription(old));
  },
  'a rollback of an offer': async () => {
    const pc = offering();
    await pc.setLocalDescription();
    await pc.setLocalDescription({ type: 'rollback' });
    return [pc.signalingState, pc.localDescription, pc.pendingLocalDescription];
  },
  'a rollback of the other side’s offer': async () => {
    const pc = connection();
    await pc.setRemoteDescription(await offering().createOffer());
    await pc.setRemoteDescription({ type: 'rollback' });
    return [pc.signalingState, pc.remoteDescription];
  },
  'glare and an implicit rollback': async () => {
    const [a, b] = [offering(), offering()];
    await a.setLocalDescription();
    await a.setRemoteDescription(await b.createOffer());
    return [a.signalingState, a.localDescription, a.remoteDescription.type];
  },
  'a provisional answer': async () => {
    const [a, b] = [offering(), connection()];
    await a.setLocalDescription();
    await b.setRemoteDescription(a.localDescription);
    const { sdp } = await b.createAnswer();
    const refused = await outcome(() => b.setLocalDescription({ type: 'pranswer', sdp }));
    if (refused.startsWith('rejected')) return refused;
    const said = [b.signalingState, b.localDescription.type, b.currentLocalDescription];
    await b.setLocalDescription({ type: 'answer', sdp });
    return [...said, b.signalingState, b.currentLocalDescription.type, b.pendingLocalDescription];
  },
  'states over an exchange': async () => {
    const log = [];
    const [a, b] = [offering(), connection()];
    for (const [name, pc] of [['a', a], ['b', b]]) pc.onsignalingstatechange = () => log.push(`${name} ${pc.signalingState}`);
    await a.setLocalDescription();
    await b.setRemoteDescription(a.localDescription);
    await b.setLocalDescription();
    await a.setRemoteDescription(b.localDescription);
    await still(50);
    return log;
  },
  'descriptions once all is stable': async () => {
    const [a, b] = await negotiated();
    return [a, b].map((pc) => [pc.localDescription.type, pc.currentLocalDescription === pc.localDescription, pc.pendingLocalDescription, pc.remoteDescription.type, pc.pendingRemoteDescription, pc.canTrickleIceCandidates]);
  },
  'a remote description reads as it was given': async () => {
    const [a, b] = [offering(), connection()];
    const { sdp } = await a.createOffer();
    const given = `${sdp}a=candidate:1 1 udp 2122260223 192.0.2.77 50000 typ host\r\n`;
    await b.setRemoteDescription({ type: 'offer', sdp: given });
    return (b.remoteDescription.sdp.match(/a=candidate:\S+ \d+ \S+ \d+ \S+ \d+/g) ?? []).join();
  },
  'a remote name reads as it was given': async () => {
    const [a, b] = [offering(), connection()];
    const { sdp } = await a.createOffer();
    await b.setRemoteDescription({ type: 'offer', sdp: `${sdp}a=candidate:1 1 udp 2122260223 host.invalid 50000 typ host\r\n` });
    return (b.remoteDescription.sdp.match(/a=candidate:\S+ \d+ \S+ \d+ \S+ \d+/g) ?? []).join();
  },
  'operations in a row': async () => {
    const [a, b] = [offering(), connection()];
    const offer = await a.createOffer();
    return order(['local', a.setLocalDescription(offer)], ['remote', b.setRemoteDescription(offer)], ['answer', b.createAnswer()], ['implicit', b.setLocalDescription()]);
  },
  'two offers at once': async () => {
    const pc = offering();
    return order(['first', pc.createOffer()], ['second', pc.createOffer()], ['third', pc.createOffer()]);
  },
  'close while operations wait': async () => {
    const pc = offering();
    const log = [];
    for (const [name, promise] of [['offer', pc.createOffer()], ['local', pc.setLocalDescription()], ['candidate', pc.addIceCandidate()]]) {
      promise.then(() => log.push(`${name} ok`), (thrown) => log.push(`${name} ${error(thrown)}`));
    }
    pc.close();
    await still(300);
    return log;
  },
  'microtasks before a rejection': async () => {
    const pc = connection();
    let ticks = 0;
    let over = false;
    const done = pc.setLocalDescription({ type: 'x' }).catch(() => (over = true));
    while (!over && ticks < 50) {
      await null;
      ticks += 1;
    }
    await done;
    return ticks;
  },
  'microtasks before a closed connection’s rejection': async () => {
    const pc = connection();
    pc.close();
    let ticks = 0;
    let over = false;
    pc.createOffer().catch(() => (over = true));
    while (!over && ticks < 50) {
      await null;
      ticks += 1;
    }
    return ticks;
  },
  'a thenable’s then is looked for once': async () => {
    let looked = 0;
    Object.defineProperty(Object.prototype, 'then', { configurable: true, get() { looked += 1; return undefined; } });
    try {
      await offering().createOffer();
    } finally {
      delete Object.prototype.then;
    }
    return looked > 0;
  },
  'order in which a description is read': async () => {
    const log = [];
    const noted = new Proxy({ type: 'offer', sdp: 'garbage' }, { get: (self, key) => (log.push(`get ${String(key)}`), self[key]), has: (self, key) => (log.push(`has ${String(key)}`), key in self) });
    await connection().setRemoteDescription(noted).catch(() => {});
    return log;
  },
  'order in which a candidate is read': async () => {
    const log = [];
    const noted = new Proxy({ candidate: 'garbage', sdpMid: '0' }, { get: (self, key) => (log.push(`get ${String(key)}`), self[key]) });
    await connection().addIceCandidate(noted).catch(() => {});
    return log;
  },
  'order in which options are read': async () => {
    const log = [];
    const noted = new Proxy({}, { get: (_, key) => void log.push(`get ${String(key)}`) });
    await offering().createOffer(noted);
    return log;
  },
  'what is read of a number in place of a dictionary': async () => {
    const log = [];
    const above = Object.getPrototypeOf(Number.prototype);
    const noted = new Proxy(above, { get: (_, key) => void log.push(`get ${String(key)}`) });
    const said = [];
    Object.setPrototypeOf(Number.prototype, noted);
    try {
      for (const name of ['createOffer', 'createAnswer', 'setLocalDescription', 'setRemoteDescription', 'addIceCandidate']) {
        const [pc, before] = [connection(), log.length];
        await pc[name](5).catch(() => {});
        said.push(`${name}: ${log.slice(before)}`);
      }
    } finally {
      Object.setPrototypeOf(Number.prototype, above);
    }
    return said;
  },
  'no rejection is reported twice': async () => {
    const seen = [];
    const hear = (event) => (event.preventDefault(), seen.push(error(event.reason)));
    addEventListener('unhandledrejection', hear);
    connection().setLocalDescription({ type: 'x' });
    connection().addIceCandidate({ candidate: 'x' });
    connection().createAnswer();
    await still(200);
    removeEventListener('unhandledrejection', hear);
    return seen;
  },
  'a handled rejection is not reported': async () => {
    const seen = [];
    const hear = (event) => (event.preventDefault(), seen.push(error(event.reason)));
    addEventListener('unhandledrejection', hear);
    await connection().setLocalDescription({ type: 'x' }).catch(() => {});
    connection().createAnswer().catch(() => {});
    connection().getStats({}).catch(() => {});
    await still(200);
    removeEventListener('unhandledrejection', hear);
    return seen;
  },
  'a callback that throws is reported': async () => {
    const seen = [];
    const hear = (event) => (event.preventDefault(), seen.push(error(event.error)));
    addEventListener('error', hear);
    offering().createOffer(() => { throw new RangeError('mine'); }, () => {});
    await still(200);
    removeEventListener('error', hear);
    return seen;
  },
  'this in a callback': () => new Promise((resolve) => {
    offering().createOffer(function callback() { resolve(say(this === undefined || this === globalThis ? 'none' : this)); }, () => {});
  }),
  'restartIce changes the credentials': async () => {
    const [a] = await negotiated();
    const ufrag = () => /a=ice-ufrag:(\S+)/.exec(a.localDescription.sdp)[1];
    const before = ufrag();
    a.restartIce();
    await a.setLocalDescription();
    return before === ufrag();
  },
  'restartIce with arguments and after close': () => outcome(() => {
    const pc = connection();
    const said = [pc.restartIce(1)];
    pc.close();
    return [...said, pc.restartIce()];
  }),
});
