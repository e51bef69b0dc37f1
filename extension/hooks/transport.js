// RTCIceTransport: candidates and pairs as the transport knows them.
import { judge } from './candidate.js';
import { eachConnection, tracksOf } from './connection.js';
import { guardMethod } from './disguise.js';
import { apply, attempt, getterOf, isObject, own, prototypeHere, prototypeIn, put, weakMap } from './vault.js';

const owners = weakMap(); // RTCIceTransport -> { state }

/** Reads an attribute; undefined where the browser lacks it, or of nothing. */
const reader = (name, member) => {
  const getter = getterOf(prototypeHere(name), member);
  return (object) => attempt(getter, object);
};
const sctpOf = reader('RTCPeerConnection', 'sctp');
const sctpTransportOf = reader('RTCSctpTransport', 'transport');
const senderTransportOf = reader('RTCRtpSender', 'transport');
const receiverTransportOf = reader('RTCRtpReceiver', 'transport');
const iceTransportOf = reader('RTCDtlsTransport', 'iceTransport');

const hasTransport = (pc, transport) =>
  iceTransportOf(sctpTransportOf(sctpOf(pc))) === transport ||
  someTrack(tracksOf.getSenders(pc), senderTransportOf, transport) ||
  someTrack(tracksOf.getReceivers(pc), receiverTransportOf, transport);

function someTrack(tracks, transportOf, transport) {
  for (let i = 0; i < tracks.length; i += 1) {
    if (iceTransportOf(transportOf(tracks[i])) === transport) return true;
  }
  return false;
}

function ownerOf(transport) {
  const known = owners.get(transport);
  if (known !== undefined) return known.state;
  let found;
  eachConnection((pc, state) => {
    if (!hasTransport(pc, transport)) return false;
    found = state;
    return true;
  });
  if (found !== undefined) owners.set(transport, { __proto__: null, state: found });
  return found;
}

const idOf = (state) => (state === undefined ? 0 : state.id);

function shown(candidates, state, operation) {
  const kept = [];
  for (let i = 0; i < candidates.length; i += 1) {
    if (!judge(candidates[i], idOf(state), 'transport', operation).hidden) {
      put(kept, kept.length, candidates[i]);
    }
  }
  return kept;
}

/** Guards transports in one realm. */
export function guardTransports(win) {
  const prototype = prototypeIn(win, 'RTCIceTransport');
  if (prototype === undefined) return;
  const filterList = (operation) => (native, self, args) => {
    const candidates = apply(native, self, args);
    const state = ownerOf(self);
    return state?.allow === true ? candidates : shown(candidates, state, operation);
  };
  guardMethod(prototype, 'getLocalCandidates', filterList('c'));
  guardMethod(prototype, 'getRemoteCandidates', filterList('k'));
  guardMethod(prototype, 'getSelectedCandidatePair', (native, self, args) => {
    const pair = apply(native, self, args);
    const state = ownerOf(self);
    if (!isObject(pair) || state?.allow === true) return pair;
    // The pair keeps its candidates; what can be read of each is what the guard lets be read.
    const ends = ['local', 'remote'];
    for (let i = 0; i < ends.length; i += 1) {
      const candidate = own(pair, ends[i]);
      if (isObject(candidate)) judge(candidate, idOf(state), 'transport', i === 0 ? 'c' : 'k');
    }
    return pair;
  });
}
