// Senders, receivers, transceivers (webrtc-pc 5).
/* eslint no-self-compare: 0 -- identity is what is looked at */
/* global RTCRtpSender, RTCRtpReceiver */
import { connection, negotiated, outcome, say } from './lib.js';

/** A track that needs no permission. */
const track = () => {
  const canvas = document.createElement('canvas');
  canvas.getContext('2d');
  return canvas.captureStream().getVideoTracks()[0];
};

export const media = {
  'addTransceiver by kind': () => outcome(() => {
    const one = connection().addTransceiver('audio');
    return [one.mid, one.direction, one.currentDirection, say(one.sender), say(one.receiver), one.receiver.track.kind, one.sender.track, one.sender.transport, one.receiver.transport];
  }),
  'addTransceiver of a wrong kind': () => outcome(() => connection().addTransceiver('x')),
  'addTransceiver of nothing': () => outcome(() => connection().addTransceiver()),
  'addTransceiver after close': () => outcome(() => {
    const pc = connection();
    pc.close();
    return pc.addTransceiver('audio');
  }),
  'addTransceiver with encodings': () => outcome(() => {
    const one = connection().addTransceiver('video', { direction: 'sendonly', sendEncodings: [{ rid: 'a', active: true }, { rid: 'b', scaleResolutionDownBy: 2 }] });
    return [one.direction, say(Object.keys(one.sender.getParameters()).sort()), one.sender.getParameters().encodings.map(({ rid }) => rid)];
  }),
  'addTransceiver with a wrong direction': () => outcome(() => connection().addTransceiver('audio', { direction: 'x' })),
  'addTrack': () => outcome(() => {
    const pc = connection();
    const one = track();
    const sender = pc.addTrack(one);
    return [sender.track === one, pc.getSenders()[0] === sender, pc.getSenders() === pc.getSenders(), pc.getTransceivers().length];
  }),
  'addTrack twice': () => outcome(() => {
    const pc = connection();
    const one = track();
    pc.addTrack(one);
    pc.addTrack(one);
  }),
  'addTrack of nothing': () => outcome(() => connection().addTrack()),
  'removeTrack of another’s sender': () => outcome(() => connection().removeTrack(connection().addTrack(track()))),
  'removeTrack of nothing': () => outcome(() => connection().removeTrack()),
  'replaceTrack': () => outcome(async () => {
    const sender = connection().addTransceiver('video').sender;
    const one = track();
    return [await sender.replaceTrack(one), sender.track === one, await sender.replaceTrack(null), sender.track];
  }),
  'replaceTrack of a wrong kind': () => outcome(() => connection().addTransceiver('audio').sender.replaceTrack(track())),
  'setParameters without getParameters': () => outcome(() => connection().addTransceiver('video').sender.setParameters({})),
  'getCapabilities': () => outcome(() => [Object.keys(RTCRtpSender.getCapabilities('audio')).sort(), RTCRtpReceiver.getCapabilities('x'), typeof RTCRtpSender.getCapabilities('video').codecs.length]),
  'stop': () => outcome(() => {
    const pc = connection();
    const one = pc.addTransceiver('audio');
    one.stop();
    return [one.direction, one.currentDirection, pc.getTransceivers().length];
  }),
  'a transceiver once negotiated': async () => {
    const [a, b] = await negotiated({ prepare: (pc) => void pc.addTransceiver('audio') });
    const one = a.getTransceivers()[0];
    return [one.mid, one.currentDirection, say(one.sender.transport), one.sender.transport === one.receiver.transport, b.getTransceivers()[0].currentDirection, one.sender.transport === a.getSenders()[0].transport];
  },
  'transports shared by a bundle': async () => {
    const [a] = await negotiated({ prepare: (pc) => { pc.addTransceiver('audio'); pc.addTransceiver('video'); pc.createDataChannel('x'); } });
    const all = [...a.getSenders().map(({ transport }) => transport), a.sctp.transport];
    return [all.every((one) => one === all[0]), all.every(({ iceTransport }) => iceTransport === all[0].iceTransport)];
  },
  'a DTMF sender': () => outcome(() => {
    const { dtmf } = connection().addTransceiver('audio').sender;
    return [say(dtmf), dtmf?.canInsertDTMF, dtmf?.toneBuffer];
  }),
  'getContributingSources': () => outcome(() => connection().addTransceiver('audio').receiver.getContributingSources()),
  'prototypes of what is got': () => {
    const pc = connection();
    const { sender, receiver } = pc.addTransceiver('audio');
    return [Object.getPrototypeOf(sender) === RTCRtpSender.prototype, Object.getPrototypeOf(receiver) === RTCRtpReceiver.prototype, Object.getPrototypeOf(pc.getSenders()) === Array.prototype, say(Reflect.ownKeys(pc.getSenders()))];
  },
};
