// Events and states over the life of a connection (webrtc-pc 4.3, 4.4.2, 5.7).
import { connection, negotiated, outcome, still } from './lib.js';

const HANDLERS = ['onnegotiationneeded', 'onicecandidate', 'onicecandidateerror', 'onsignalingstatechange', 'oniceconnectionstatechange',
  'onicegatheringstatechange', 'onconnectionstatechange', 'ontrack', 'ondatachannel'];

/** Every event that a connection fires, in order, until it is still. */
function watched(pc, log = []) {
  for (const handler of HANDLERS) {
    const type = handler.slice(2);
    if (/^(ice|connection)/.test(type)) continue; // their number and moment are the network's
    pc.addEventListener(type, () => log.push(`${type} ${pc.signalingState}`));
  }
  return log;
}

export const events = {};

for (const handler of HANDLERS) {
  events[`${handler} set and read`] = () => {
    const pc = connection();
    const said = [];
    for (const value of [() => {}, null, 1, { handleEvent() {} }, undefined, 'x']) {
      pc[handler] = value;
      said.push(pc[handler] === value);
    }
    return said;
  };
}

Object.assign(events, {
  'negotiation is needed for a channel': async () => {
    const pc = connection();
    const log = watched(pc);
    pc.createDataChannel('x');
    log.push('sync');
    await null;
    log.push('microtask');
    await still(50);
    return log;
  },
  'negotiation is needed once': async () => {
    const pc = connection();
    const log = watched(pc);
    pc.createDataChannel('x');
    pc.createDataChannel('y');
    pc.addTransceiver('audio');
    pc.addTransceiver('video');
    await still(50);
    return log;
  },
  'negotiation is needed by restartIce': async () => {
    const [a] = await negotiated();
    await still(50);
    const log = watched(a);
    a.restartIce();
    await still(50);
    return log;
  },
  'no negotiation for nothing': async () => {
    const pc = connection();
    const log = watched(pc);
    await still(50);
    return log;
  },
  'negotiation needed after an answer': async () => {
    const [a] = await negotiated();
    const log = watched(a);
    a.addTransceiver('audio');
    await still(80);
    return log;
  },
  'an offer in negotiationneeded': async () => {
    const pc = connection();
    const log = watched(pc);
    pc.onnegotiationneeded = async () => {
      log.push('handler');
      await pc.setLocalDescription();
      log.push(pc.localDescription.type);
    };
    pc.createDataChannel('x');
    await still(300);
    return log;
  },
  'states before anything': () => {
    const pc = connection();
    return [pc.signalingState, pc.iceGatheringState, pc.iceConnectionState, pc.connectionState, pc.canTrickleIceCandidates, pc.sctp];
  },
  'states by close': async () => {
    const [a, b] = await negotiated();
    const log = watched(a);
    a.close();
    log.push('sync', a.signalingState, a.iceConnectionState, a.connectionState);
    await still(50);
    return [...log, b.signalingState];
  },
  'signaling state and promise': async () => {
    const pc = connection();
    const log = [];
    pc.createDataChannel('x');
    pc.onsignalingstatechange = () => log.push(`event ${pc.signalingState}`);
    const promise = pc.setLocalDescription().then(() => log.push(`promise ${pc.signalingState}`));
    log.push(`sync ${pc.signalingState}`);
    await promise;
    await still(30);
    return log;
  },
  'gathering state and promise': async () => {
    const pc = connection();
    pc.createDataChannel('x');
    await pc.setLocalDescription();
    return [pc.iceGatheringState === 'new' || pc.iceGatheringState === 'gathering', pc.signalingState];
  },
  'track events and promise': async () => {
    const [a, b] = [connection(), connection()];
    a.addTransceiver('audio');
    const log = [];
    b.ontrack = ({ track, streams, receiver, transceiver }) => log.push(`track ${track.kind} ${streams.length} ${receiver === transceiver.receiver}`);
    await b.setRemoteDescription(await a.createOffer()).then(() => log.push('promise'));
    await still(30);
    return log;
  },
  'listeners given twice and removed': async () => {
    const pc = connection();
    const log = [];
    const hear = () => log.push('heard');
    pc.addEventListener('negotiationneeded', hear);
    pc.addEventListener('negotiationneeded', hear);
    pc.createDataChannel('x');
    await still(50);
    pc.removeEventListener('negotiationneeded', hear);
    return log;
  },
  'own listeners for what the extension hears': async () => {
    const pc = connection();
    const log = [];
    pc.addEventListener('policy', () => log.push('policy'));
    pc.addEventListener('answer', () => log.push('answer'));
    document.addEventListener('ask', () => log.push('ask'));
    pc.createDataChannel('x');
    await pc.setLocalDescription();
    await still(100);
    return log;
  },
  'dispatch of an event of the page': () => {
    const pc = connection();
    let seen;
    pc.addEventListener('mine', (event) => (seen = [event.target === pc, event.isTrusted]));
    pc.dispatchEvent(new CustomEvent('mine'));
    return seen;
  },
  'addEventListener with wrong arguments': async () => [
    await outcome(() => connection().addEventListener()),
    await outcome(() => connection().addEventListener('x', 5)),
    await outcome(() => connection().addEventListener('x', null)),
  ],
  'generic events of the document': async () => {
    const seen = [];
    const types = ['iceveil', 'iceveil-handshake', 'start', 'ask', 'answer', 'policy'];
    for (const type of types) for (const target of [window, document, document.fonts]) target.addEventListener(type, () => seen.push(type), true);
    const frame = document.createElement('iframe');
    document.body.append(frame);
    new frame.contentWindow.RTCPeerConnection().close();
    await still(100);
    frame.remove();
    return seen;
  },
});
