// RTCIceCandidate, addIceCandidate, candidate events (webrtc-pc 4.4.1.6, 4.8).
/* eslint no-self-compare: 0 -- identity is what is looked at */
import { connection, gathered, negotiated, outcome, say, still } from './lib.js';

const LINE = 'candidate:842163049 1 udp 1677729535 203.0.113.77 60000 typ srflx raddr 192.168.77.10 rport 50000 generation 0 ufrag abcd network-cost 50';
const INITS = {
  'nothing': [],
  'null': [null],
  'a number': [5],
  'empty': [{}],
  'a line only': [{ candidate: LINE }],
  'a line and a mid': [{ candidate: LINE, sdpMid: '0' }],
  'a line and an index': [{ candidate: LINE, sdpMLineIndex: 0 }],
  'a line and a fragment': [{ candidate: LINE, sdpMid: '0', usernameFragment: 'efgh' }],
  'an empty line': [{ candidate: '', sdpMid: '0' }],
  'a line of a= form': [{ candidate: `a=${LINE}`, sdpMid: '0' }],
  'garbage': [{ candidate: 'garbage', sdpMid: '0' }],
  'half a line': [{ candidate: 'candidate:1 1 udp', sdpMid: '0' }],
  'IPv6': [{ candidate: 'candidate:1 1 udp 1 2001:db8::5 6 typ host', sdpMid: '0' }],
  'a name': [{ candidate: 'candidate:1 1 udp 1 host.invalid 6 typ host', sdpMid: '0' }],
  'TCP': [{ candidate: 'candidate:1 1 tcp 1 203.0.113.5 9 typ host tcptype active', sdpMid: '0' }],
  'a relay': [{ candidate: 'candidate:1 1 udp 1 203.0.113.5 9 typ relay raddr 0.0.0.0 rport 0', sdpMid: '0' }],
  'an index too large': [{ candidate: LINE, sdpMLineIndex: 70000 }],
  'an index that is text': [{ candidate: LINE, sdpMLineIndex: 'x' }],
  'nulls': [{ candidate: null, sdpMid: null, sdpMLineIndex: null, usernameFragment: null }],
  'a line that is a number': [{ candidate: 5, sdpMid: '0' }],
  'a getter that throws': [{ get candidate() { throw new RangeError('mine'); } }],
};
const FIELDS = ['candidate', 'sdpMid', 'sdpMLineIndex', 'foundation', 'component', 'priority', 'address', 'protocol', 'port', 'type', 'tcpType', 'relatedAddress', 'relatedPort', 'usernameFragment', 'relayProtocol', 'url'];
const fields = (candidate) => say(Object.fromEntries(FIELDS.map((name) => [name, candidate[name]])));

const ready = async () => {
  const [a, b] = [connection(), connection()];
  a.createDataChannel('x');
  await b.setRemoteDescription(await a.createOffer());
  return b;
};

/** What gathering a connection of some kind tells, without what is made up anew. */
async function gathering(prepare) {
  const pc = connection();
  const log = [];
  pc.addEventListener('icecandidate', (event) => log.push(event));
  prepare(pc, log);
  await pc.setLocalDescription();
  await gathered(pc);
  await still(30);
  return { pc, log };
}
const channel = (pc) => void pc.createDataChannel('x');

export const candidates = {};

for (const [name, args] of Object.entries(INITS)) {
  candidates[`RTCIceCandidate of ${name}`] = () => outcome(() => {
    const made = new RTCIceCandidate(...args);
    return [fields(made), JSON.stringify(made), Object.keys(made.toJSON()).join()];
  });
  candidates[`addIceCandidate of ${name}`] = async () => {
    const pc = await ready();
    return outcome(() => pc.addIceCandidate(...args));
  };
  candidates[`addIceCandidate of ${name}, before a description`] = () => outcome(() => connection().addIceCandidate(...args));
  candidates[`addIceCandidate of ${name}, as an object`] = async () => {
    const pc = await ready();
    return outcome(() => pc.addIceCandidate(new RTCIceCandidate(...args)));
  };
}

Object.assign(candidates, {
  'a candidate of a candidate': () => outcome(() => fields(new RTCIceCandidate(new RTCIceCandidate({ candidate: LINE, sdpMid: '0' })))),
  'a candidate’s own keys': () => say(Reflect.ownKeys(new RTCIceCandidate({ candidate: LINE, sdpMid: '0' }))),
  'members of a candidate in order': () => {
    const names = [];
    for (const key in new RTCIceCandidate({ candidate: LINE, sdpMid: '0' })) names.push(key);
    return names.join();
  },
  'a candidate’s members can’t be set': () => outcome(() => {
    'use strict';
    const made = new RTCIceCandidate({ candidate: LINE, sdpMid: '0' });
    made.address = '192.0.2.9';
    return made.address;
  }),
  'a candidate can be cloned': () => outcome(() => structuredClone(new RTCIceCandidate({ candidate: LINE, sdpMid: '0' }))),
  'a subclass of a candidate': () => {
    class Sub extends RTCIceCandidate {
      get address() { return `sub ${super.address}`; }
    }
    const made = new Sub({ candidate: LINE, sdpMid: '0' });
    return [made.address, made instanceof Sub, made.foundation, JSON.stringify(made)];
  },
  'an event that the page makes': () => {
    const candidate = new RTCIceCandidate({ candidate: LINE, sdpMid: '0' });
    const event = new RTCPeerConnectionIceEvent('icecandidate', { candidate, url: 'stun:192.0.2.1', bubbles: true });
    return [event.candidate === candidate, event.url, event.bubbles, event.isTrusted, event.candidate.address, event.candidate.relatedAddress];
  },
  'an event that the page dispatches': () => {
    const pc = connection();
    const seen = [];
    pc.onicecandidate = (event) => seen.push(event.candidate?.address, event.isTrusted);
    pc.dispatchEvent(new RTCPeerConnectionIceEvent('icecandidate', { candidate: new RTCIceCandidate({ candidate: LINE, sdpMid: '0' }) }));
    pc.dispatchEvent(new RTCPeerConnectionIceEvent('icecandidate'));
    pc.dispatchEvent(new Event('icecandidate'));
    return seen;
  },
  'an error event that the page makes': () => outcome(() => {
    const event = new RTCPeerConnectionIceErrorEvent('icecandidateerror', { errorCode: 701, address: '192.0.2.5', port: 5, url: 'stun:192.0.2.1', errorText: 'x', hostCandidate: '192.0.2.5:5' });
    return [event.address, event.port, event.hostCandidate, event.url, event.errorCode, event.errorText];
  }),
  'wrong arguments for events': async () => [
    await outcome(() => new RTCPeerConnectionIceEvent()),
    await outcome(() => new RTCPeerConnectionIceEvent('x', { candidate: {} })),
    await outcome(() => new RTCPeerConnectionIceErrorEvent('x')),
    await outcome(() => new RTCPeerConnectionIceErrorEvent('x', {})),
  ],
  'end of candidates': async () => {
    const pc = await ready();
    return [await outcome(() => pc.addIceCandidate()), await outcome(() => pc.addIceCandidate({ candidate: '' })), await outcome(() => pc.addIceCandidate(null)), await outcome(() => pc.addIceCandidate({ candidate: '', sdpMid: '0' }))];
  },
  'a candidate for a section that is not there': async () => {
    const pc = await ready();
    return [await outcome(() => pc.addIceCandidate({ candidate: LINE, sdpMid: 'nope' })), await outcome(() => pc.addIceCandidate({ candidate: LINE, sdpMLineIndex: 9 }))];
  },
  'a candidate of another generation': async () => {
    const pc = await ready();
    return outcome(() => pc.addIceCandidate({ candidate: LINE, sdpMid: '0', usernameFragment: 'nope' }));
  },
  'every kind of remote address is taken': async () => {
    const said = [];
    for (const address of ['203.0.113.9', '192.168.1.9', '127.0.0.1', '169.254.1.1', '2001:db8::9', 'fe80::1', 'fd00::1', 'host.invalid', '6f2ac1b2-5d2c-4a53-8d11-7c5c1a9f7e10.local', '0.0.0.0']) {
      const pc = await ready();
      said.push(await outcome(() => pc.addIceCandidate({ candidate: `candidate:1 1 udp 2122260223 ${address} 40000 typ host`, sdpMid: '0' })));
    }
    return said;
  },
  'the end of gathering': async () => {
    const { log } = await gathering(channel);
    const last = log.at(-1);
    return [last.candidate, last.type, last.isTrusted, last.constructor.name, last.target?.constructor.name, last.eventPhase, log.filter(({ candidate }) => candidate === null).length];
  },
  'candidates are surfaced': async () => {
    const { log } = await gathering(channel);
    return log.some(({ candidate }) => candidate?.candidate);
  },
  'an event’s candidate is one': async () => {
    const { log } = await gathering(channel);
    return log.every((event) => event.candidate === event.candidate);
  },
  'descriptions carry candidates': async () => {
    const { pc } = await gathering(channel);
    return /a=candidate/.test(pc.localDescription.sdp);
  },
  'the default address of a description': async () => {
    const { pc } = await gathering(channel);
    return /^c=IN IP4 0\.0\.0\.0/m.test(pc.localDescription.sdp);
  },
  'a description ends its candidates or not': async () => {
    const { pc } = await gathering(channel);
    return /a=end-of-candidates/.test(pc.localDescription.sdp);
  },
  'a new offer carries candidates': async () => {
    const { pc } = await gathering(channel);
    return /a=candidate/.test((await pc.createOffer()).sdp);
  },
  'states of gathering': async () => {
    const seen = [];
    const { pc } = await gathering((one) => {
      seen.push(one.iceGatheringState);
      one.addEventListener('icegatheringstatechange', () => seen.push(one.iceGatheringState));
      one.onicegatheringstatechange = () => seen.push(`handler ${one.iceGatheringState}`);
      channel(one);
    });
    return [...seen, pc.iceGatheringState];
  },
  'order of the end of gathering': async () => {
    const seen = [];
    await gathering((one) => {
      one.addEventListener('icegatheringstatechange', () => seen.push(one.iceGatheringState));
      one.addEventListener('icecandidate', ({ candidate }) => seen.push(candidate === null ? 'null' : candidate.candidate === '' ? 'empty' : 'candidate'));
      channel(one);
    });
    return seen.filter((one, index) => one !== seen[index - 1]);
  },
  'handler and listeners hear the same': async () => {
    const counts = { handler: 0, listener: 0, object: 0, once: 0, capture: 0 };
    await gathering((one) => {
      one.onicecandidate = () => (counts.handler += 1);
      one.addEventListener('icecandidate', () => (counts.listener += 1));
      one.addEventListener('icecandidate', { handleEvent: () => (counts.object += 1) });
      one.addEventListener('icecandidate', () => (counts.once += 1), { once: true });
      one.addEventListener('icecandidate', () => (counts.capture += 1), true);
      channel(one);
    });
    return [counts.handler > 0, counts.handler === counts.listener, counts.listener === counts.object, counts.object === counts.capture, counts.once];
  },
  'order of listeners': async () => {
    const seen = [];
    await gathering((one) => {
      one.addEventListener('icecandidate', () => seen.push('first'));
      one.onicecandidate = () => seen.push('handler');
      one.addEventListener('icecandidate', () => seen.push('second'));
      one.addEventListener('icecandidate', () => seen.push('capture'), true);
      channel(one);
    });
    return seen.slice(0, 4);
  },
  'a listener that stops the event': async () => {
    const seen = [];
    await gathering((one) => {
      one.addEventListener('icecandidate', (event) => (event.stopImmediatePropagation(), seen.push('first')));
      one.addEventListener('icecandidate', () => seen.push('second'));
      channel(one);
    });
    return [...new Set(seen)];
  },
  'the path of an event': async () => {
    const paths = [];
    await gathering((one) => {
      one.addEventListener('icecandidate', (event) => paths.push(say(event.composedPath(), 2)));
      channel(one);
    });
    return paths[0];
  },
  'candidates of two ends': async () => {
    const [a, b] = await negotiated();
    await gathered(a);
    await gathered(b);
    return [a.iceGatheringState, b.iceGatheringState];
  },
  'the handler attribute': () => {
    const pc = connection();
    const said = [pc.onicecandidate];
    const handler = () => {};
    for (const value of [handler, null, 5, {}, 'x', undefined]) {
      pc.onicecandidate = value;
      said.push(pc.onicecandidate === value ? 'kept' : say(pc.onicecandidate));
    }
    return said;
  },
});
