// `negotiationneeded`: Chromium also fires it when a configuration changes (webrtc-pc 4.7.3), and then not
// again until something was negotiated. The page is not to hear of a change that it didn't make.
import { guardMethod } from './disguise.js';
import { apply, fire, getterOf, isTrusted, listen, prototypeHere, soon, stop } from './vault.js';

const signalingStateOf = getterOf(prototypeHere('RTCPeerConnection'), 'signalingState');

/** Listens first of all, at a connection's creation. */
export function watchNegotiation(pc, state) {
  listen(
    pc,
    'negotiationneeded',
    (event) => {
      if (!state.reconfigured || state.busy || !isTrusted(event)) return;
      stop(event);
      state.owed = true;
    },
    true,
  );
}

/** The page negotiates, or has given the connection something to negotiate. */
export function busy(state) {
  if (state !== undefined) state.busy = true;
}

/** Fires the event that the browser thinks it has fired already. */
function pay(pc, state) {
  if (!state.owed) return;
  state.owed = false;
  soon(() => {
    if (apply(signalingStateOf, pc, []) === 'stable') fire(pc, 'negotiationneeded');
  });
}

const NEEDING = ['createDataChannel', 'addTrack', 'addTransceiver', 'removeTrack', 'restartIce'];

/** Guards what makes a negotiation needed. */
export function guardNegotiation(prototype, stateOf) {
  for (let i = 0; i < NEEDING.length; i += 1) {
    guardMethod(prototype, NEEDING[i], (native, self, args) => {
      const given = apply(native, self, args);
      const state = stateOf(self);
      if (state === undefined) return given;
      busy(state);
      pay(self, state);
      return given;
    });
  }
}
