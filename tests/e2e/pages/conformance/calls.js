// Calls between two connections of the page: what happens, and in what order (webrtc-pc 4.3, 4.4, 5.4, 6.2; RFC 9429).
/* eslint no-self-compare: 0 -- identity is what is looked at */
import { negotiated, outcome, pause, say } from './lib.js';

/** Resolves with the event, or with nothing after a while. */
const next = (target, type, ms = 4000) =>
  Promise.race([pause(ms, null), new Promise((resolve) => target.addEventListener(type, resolve, { once: true }))]);

let connects = true; // until a call was tried in vain

/** Two connections with an open channel between them. */
async function called({ label = 'x', options, prepare } = {}) {
  if (!connects) throw new Error('nothing connects');
  let one;
  let arrived;
  const [a, b] = await negotiated({
    prepare: (left, right) => {
      one = left.createDataChannel(label, options);
      arrived = options?.negotiated ? null : next(right, 'datachannel');
      prepare?.(left, right, one);
    },
  });
  if (one.readyState !== 'open') await next(one, 'open', 4000);
  connects = one.readyState === 'open';
  if (!connects) throw new Error('nothing connects');
  const other = (await arrived)?.channel;
  if (other?.readyState === 'connecting') await next(other, 'open');
  return { a, b, one, other };
}

/** Another round of offer and answer. */
async function again(a, b) {
  await a.setLocalDescription();
  await b.setRemoteDescription(a.localDescription);
  await b.setLocalDescription();
  await a.setRemoteDescription(b.localDescription);
}

const CHANNELS = {
  'a label': { label: 'label' },
  'no label': { label: '' },
  'no order': { options: { ordered: false } },
  'no retransmits': { options: { maxRetransmits: 0 } },
  'a life time': { options: { maxPacketLifeTime: 100 } },
  'a protocol': { options: { protocol: 'p' } },
};

const MESSAGES = {
  'text': 'grüße',
  'no text': '',
  'a buffer': new Uint8Array([1, 2, 3]).buffer,
  'a view': new Uint8Array([1, 2, 3]).subarray(1),
  'no bytes': new ArrayBuffer(0),
  'a number': 5,
  'much text': 'x'.repeat(60_000),
};

export const calls = {};

for (const [name, setup] of Object.entries(CHANNELS)) {
  calls[`both ends of a channel with ${name}`] = async () => {
    const { one, other } = await called(setup);
    return [one, other].map((end) => [end.label, end.ordered, end.maxRetransmits, end.maxPacketLifeTime, end.protocol, end.negotiated, end.id, end.readyState, end.binaryType]);
  };
}

Object.assign(calls, {
  'messages': async () => {
    const { one, other } = await called();
    other.binaryType = 'arraybuffer';
    const heard = [];
    const last = new Promise((resolve) => {
      other.addEventListener('message', ({ data, isTrusted, constructor }) => {
        heard.push([constructor.name, isTrusted, data.byteLength ?? data.length, typeof data]);
        if (data === 'the end') resolve();
      });
    });
    const said = [];
    for (const [name, message] of Object.entries(MESSAGES)) said.push(`${name}: ${await outcome(() => one.send(message))}`);
    one.send('the end');
    await last;
    return [said, heard, await outcome(() => one.send()), await outcome(() => one.send({ toString: () => 'x' }))];
  },
  'states of ICE of a call that connects': async () => {
    const log = [];
    const { a } = await called({ prepare: (left) => left.addEventListener('iceconnectionstatechange', () => log.push(left.iceConnectionState)) });
    return [log.slice(0, 2), ['connected', 'completed'].includes(a.iceConnectionState)];
  },
  'a channel made in an open call': async () => {
    const { a, b } = await called();
    const log = [];
    a.addEventListener('negotiationneeded', () => log.push('negotiationneeded'));
    const heard = next(b, 'datachannel');
    const second = a.createDataChannel('second');
    if (second.readyState !== 'open') await next(second, 'open');
    const event = await heard;
    return [...log, second.readyState, event.channel.label, event.constructor.name, event.isTrusted, event.target === b];
  },
  'negotiated channels': async () => {
    let mirror;
    const { one } = await called({ options: { negotiated: true, id: 7 }, prepare: (left, right) => (mirror = right.createDataChannel('y', { negotiated: true, id: 7 })) });
    if (mirror.readyState !== 'open') await next(mirror, 'open');
    const heard = next(mirror, 'message');
    one.send('x');
    return [one.id, mirror.id, one.label, mirror.label, (await heard)?.data];
  },
  'closing a channel': async () => {
    const { one, other } = await called();
    const log = [];
    for (const [name, end] of [['one', one], ['other', other]]) {
      for (const type of ['close', 'error']) end.addEventListener(type, () => log.push(`${name} ${type} ${end.readyState}`));
    }
    const both = Promise.all([next(one, 'close'), next(other, 'close')]);
    one.close();
    log.push(`one sync ${one.readyState}`);
    await both;
    return [log.filter((line) => line.startsWith('one')), log.filter((line) => line.startsWith('other')), await outcome(() => one.send('x'))];
  },
  'closing a connection closes its channels': async () => {
    const { a, one, other } = await called();
    const log = [];
    one.addEventListener('close', () => log.push('close'));
    const closed = next(other, 'close', 3000);
    a.close();
    log.push(`sync ${one.readyState} ${a.sctp?.state} ${a.connectionState}`);
    await closed;
    return [...log, other.readyState];
  },
  'types of statistics in a call': async () => {
    const { a, one } = await called();
    one.send('x');
    await pause(100);
    return [...new Set([...(await a.getStats()).values()].map(({ type }) => type))].sort();
  },
  'a pair in the statistics': async () => {
    const { a } = await called();
    const report = await a.getStats();
    const pair = [...report.values()].find(({ type, nominated, selected }) => type === 'candidate-pair' && (nominated || selected));
    return pair && [pair.state, report.get(pair.localCandidateId)?.type, report.get(pair.remoteCandidateId)?.type];
  },
  'what a transport selects': async () => {
    const { a } = await called();
    const ice = a.sctp?.transport?.iceTransport;
    const pair = ice?.getSelectedCandidatePair?.();
    if (!pair) return 'no pair';
    return [ice.state === 'connected' || ice.state === 'completed', Object.keys(pair).sort(), [say(pair.local), say(pair.remote), pair.local.component], ice.getRemoteCandidates().length > 0];
  },
  'ICE restarts in an open call': async () => {
    const { a, b, one } = await called();
    const states = [];
    a.addEventListener('connectionstatechange', () => states.push(a.connectionState));
    a.restartIce();
    await again(a, b);
    await pause(100);
    return [one.readyState, a.signalingState, states.includes('failed')];
  },
  'glare, and the polite side gives way': async () => {
    const { a, b, one } = await called();
    const log = [];
    for (const [name, pc] of [['a', a], ['b', b]]) pc.addEventListener('signalingstatechange', () => log.push(`${name} ${pc.signalingState}`));
    await a.setLocalDescription();
    await b.setLocalDescription();
    log.push(await outcome(() => b.setRemoteDescription(a.localDescription)));
    await b.setLocalDescription();
    await a.setRemoteDescription(b.localDescription);
    await pause(50);
    return [...log, a.signalingState, b.signalingState, one.readyState];
  },
  'media added to an open call': async () => {
    const { a, b } = await called();
    const log = [];
    b.addEventListener('track', ({ track, transceiver, streams, isTrusted }) => log.push([track.kind, track.muted, transceiver.mid, streams.length, isTrusted]));
    a.addTransceiver('audio');
    a.addTransceiver('video', { direction: 'sendonly' });
    await again(a, b);
    const directions = ({ mid, direction, currentDirection }) => `${mid} ${direction} ${currentDirection}`;
    return [log, a.getTransceivers().map(directions), b.getTransceivers().map(directions), a.connectionState];
  },
  'a rollback in an open call': async () => {
    const { a, one } = await called();
    a.addTransceiver('audio');
    await a.setLocalDescription();
    const said = [a.signalingState];
    await a.setLocalDescription({ type: 'rollback' });
    return [...said, a.signalingState, a.localDescription?.type, a.localDescription === a.currentLocalDescription, one.readyState];
  },
  'identity in an open call': async () => {
    const { a } = await called({ prepare: (left) => void left.addTransceiver('audio') });
    const [sender] = a.getSenders();
    return [a.localDescription === a.localDescription, a.localDescription === a.currentLocalDescription, a.remoteDescription === a.currentRemoteDescription,
      a.sctp === a.sctp, a.sctp?.transport === sender.transport, sender === a.getTransceivers()[0].sender,
      sender.transport?.iceTransport === a.sctp?.transport.iceTransport, a.getReceivers()[0].track === a.getReceivers()[0].track];
  },
  'credentials of a transport and of the description': async () => {
    const { a } = await called();
    const ice = a.sctp?.transport?.iceTransport;
    const own = ice?.getLocalParameters?.();
    const theirs = ice?.getRemoteParameters?.();
    return own ? [a.localDescription.sdp.includes(own.usernameFragment), a.localDescription.sdp.includes(own.password), a.remoteDescription.sdp.includes(theirs.usernameFragment)] : 'no parameters';
  },
});
