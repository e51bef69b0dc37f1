// RTCDataChannel and RTCSctpTransport (webrtc-pc 6).
/* eslint no-self-compare: 0 -- identity is what is looked at */
import { connection, outcome, say, still } from './lib.js';

const INITS = {
  'nothing': [],
  'a label': ['x'],
  'null': [null],
  'options null': ['x', null],
  'options a number': ['x', 5],
  'unordered': ['x', { ordered: false }],
  'a life time': ['x', { maxPacketLifeTime: 5 }],
  'retransmits': ['x', { maxRetransmits: 5 }],
  'both': ['x', { maxRetransmits: 5, maxPacketLifeTime: 5 }],
  'an id': ['x', { negotiated: true, id: 5 }],
  'negotiated without an id': ['x', { negotiated: true }],
  'an id too large': ['x', { negotiated: true, id: 65535 }],
  'a protocol': ['x', { protocol: 'p' }],
  'a label too long': ['x'.repeat(70000)],
  'a getter that throws': ['x', { get ordered() { throw new RangeError('mine'); } }],
};

export const channels = {};

for (const [name, args] of Object.entries(INITS)) {
  channels[`createDataChannel with ${name}`] = () => outcome(() => {
    const one = connection().createDataChannel(...args);
    return [one.label.length, one.ordered, one.maxPacketLifeTime, one.maxRetransmits, one.negotiated, one.protocol, one.id, one.readyState, one.binaryType, one.bufferedAmount];
  });
}

Object.assign(channels, {
  'createDataChannel after close': () => outcome(() => {
    const pc = connection();
    pc.close();
    pc.createDataChannel('x');
  }),
  'two channels of one id': () => outcome(() => {
    const pc = connection();
    pc.createDataChannel('x', { negotiated: true, id: 1 });
    pc.createDataChannel('y', { negotiated: true, id: 1 });
  }),
  'send before it is open': () => outcome(() => connection().createDataChannel('x').send('x')),
  'a channel can be cloned': () => outcome(() => structuredClone(connection().createDataChannel('x'))),
  'sctp before and after': async () => {
    const [a, b] = [connection(), connection()];
    a.createDataChannel('x');
    const said = [a.sctp];
    await a.setLocalDescription();
    await b.setRemoteDescription(a.localDescription);
    await b.setLocalDescription();
    await a.setRemoteDescription(b.localDescription);
    await still(20);
    const { sctp } = a;
    return [...said, say(sctp), a.sctp === sctp, sctp.transport === a.sctp.transport, say(sctp.transport), typeof sctp.maxMessageSize,
      say(sctp.transport.iceTransport), sctp.transport.iceTransport === a.sctp.transport.iceTransport];
  },
  'the ICE transport': async () => {
    const [a, b] = [connection(), connection()];
    a.createDataChannel('x');
    await a.setLocalDescription();
    await b.setRemoteDescription(a.localDescription);
    await b.setLocalDescription();
    await a.setRemoteDescription(b.localDescription);
    const ice = a.sctp.transport.iceTransport;
    return outcome(() => {
      const names = [];
      for (const key in ice) if (typeof ice[key] !== 'function') names.push(`${key} ${['state', 'gatheringState'].includes(key) ? typeof ice[key] : say(ice[key], 1)}`);
      return [names.join(), Array.isArray(ice.getLocalCandidates?.()), ice.getLocalCandidates?.() === ice.getLocalCandidates?.(),
        Array.isArray(ice.getRemoteCandidates?.()), say(ice.getSelectedCandidatePair?.()), Object.keys(ice.getLocalParameters?.() ?? {}).join()];
    });
  },
  'the list of candidates is an array of its realm': async () => {
    const pc = connection();
    pc.addTransceiver('audio');
    await pc.setLocalDescription();
    const list = pc.getSenders()[0].transport?.iceTransport?.getLocalCandidates?.();
    return list ? [Array.isArray(list), Object.getPrototypeOf(list) === Array.prototype, Object.isFrozen(list), Reflect.ownKeys(list).includes('length')] : 'none';
  },
});
