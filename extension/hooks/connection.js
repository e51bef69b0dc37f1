// RTCPeerConnection: creation, the chain of operations, what may pass in and out.
import { onCandidate, onCandidateError } from './candidate.js';
import { ask, currentPolicy, isLost, touch, whenSettled } from './channel.js';
import { enforce, pageView, poolHeld, reconfigure, reported } from './configuration.js';
import { acceptDescription, adoptDescription } from './description.js';
import { clean, guardAccessor, guardClass, guardMethod } from './disguise.js';
import { busy, guardNegotiation, watchNegotiation } from './negotiation.js';
import {
  SafePromise,
  apply,
  attempt,
  construct,
  deref,
  domException,
  exceptionParts,
  get,
  getterOf,
  indexOf,
  isCallable,
  isObject,
  list,
  listen,
  natives,
  own,
  prototypeHere,
  prototypeIn,
  registry,
  rejected,
  safeSet,
  slice,
  then,
  weakMap,
  weakRef,
  weakSet,
} from './vault.js';

const connections = prototypeHere('RTCPeerConnection');
const closeOf = own(connections, 'close');
/** The senders and the receivers of a connection. */
export const tracksOf = natives(connections, ['getSenders', 'getReceivers']);

const states = weakMap(); // connection -> its state
const alive = safeSet(); // weak references to all of them
const restored = weakSet(); // descriptions with what the guard had taken out of them
const ended = registry((held) => {
  alive.delete(held.ref);
  ask('x', held.id, '');
});
let lastId = 0;

/** The state of a connection, made if an unguarded realm created it; undefined for anything else. */
export function stateOf(pc) {
  return states.get(pc) ?? adopt(pc);
}

/** Calls `visit(connection, state)` for each connection that is still there, until it returns true. */
export function eachConnection(visit) {
  let done = false;
  alive.forEach((ref) => {
    const pc = done ? undefined : deref(ref);
    if (pc !== undefined) done = visit(pc, states.get(pc)) === true;
  });
}

function track(pc, seen) {
  lastId += 1;
  const state = {
    __proto__: null,
    id: lastId,
    settled: false,
    allow: false,
    policy: '',
    page: undefined,
    queue: list(),
    fresh: false, // created here, so nothing was gathered before the policy
    reconfigured: false, // by us
    busy: false, // the page has begun to negotiate, or has something to
    owed: false, // a negotiationneeded that was kept from the page
  };
  const ref = weakRef(pc);
  alive.add(ref);
  ended.register(pc, { __proto__: null, ref, id: state.id });
  listen(pc, 'icecandidate', (event) => onCandidate(event, state), true);
  listen(pc, 'icecandidateerror', (event) => onCandidateError(event, state), true);
  watchNegotiation(pc, state);
  if (seen !== undefined) state.page = pageView(pc, seen);
  states.set(pc, state); // last: a stack used up before leaves it unknown
  return state;
}

function adopt(pc) {
  if (attempt(signalingStateOf, pc) === undefined) return undefined;
  touch();
  const state = track(pc, { __proto__: null, pool: 0 });
  const ref = weakRef(pc);
  whenSettled(() => settle(ref, state));
  return state;
}

const isChromium = typeof webkitRTCPeerConnection === 'function';
const signalingStateOf = getterOf(connections, 'signalingState');

/** What each browser says when it can't make a connection. */
const refusal = () =>
  domException(
    isChromium
      ? "Failed to construct 'RTCPeerConnection': Failed to initialize native PeerConnection."
      : 'Operation is not supported',
    'NotSupportedError',
  );

function create(native, args, newTarget) {
  touch();
  const policy = currentPolicy();
  if (policy === 'block') {
    ask('n', 0, 'connection\nrefused');
    throw refusal();
  }
  if (policy === 'allow') {
    const pc = construct(native, args, newTarget);
    settle(weakRef(pc), track(pc));
    return pc;
  }
  const seen = poolHeld(args.length > 0 ? args[0] : undefined);
  const pc = construct(native, args.length > 0 ? withFirst(args, seen.config) : args, newTarget);
  const state = track(pc, seen);
  state.fresh = true;
  const ref = weakRef(pc);
  if (policy === '') whenSettled(() => settle(ref, state));
  else settle(ref, state);
  return pc;
}

function withFirst(args, first) {
  const all = list();
  all[0] = first;
  for (let i = 1; i < args.length; i += 1) all[i] = args[i];
  return all;
}

/** The policy is there, or it is known that none will come: what waited goes on, in order. */
function settle(ref, state) {
  const pc = deref(ref);
  state.settled = true;
  const answer = isLost() ? '' : ask('o', state.id, '');
  state.policy = answer === '' ? '' : slice(answer, 1);
  if (state.policy === 'allow') {
    state.allow = true;
    if (pc !== undefined && state.page !== undefined && state.page.pool > 0) enforceOrClose(pc, state);
  } else if (pc !== undefined) {
    if (state.policy === '' || state.policy === 'block') apply(closeOf, pc, []);
    else enforceOrClose(pc, state);
  }
  const { queue } = state;
  state.queue = list();
  for (let i = 0; i < queue.length; i += 1) queue[i]();
}

/** The page may have closed the connection meanwhile; one that keeps its own configuration must not go on. */
function enforceOrClose(pc, state) {
  try {
    state.reconfigured = state.policy === 'relay-only';
    enforce(pc, state);
  } catch {
    apply(closeOf, pc, []);
  }
}

/** Runs a chained operation now or, in order, when the policy is there. Returns its promise. */
function chained(state, run, isEarly) {
  if (state.settled) return run();
  // An offer made before anything was gathered carries no address: its keys need not wait.
  if (isEarly && state.fresh && state.queue.length === 0) return run();
  return new SafePromise((resolve, reject) => {
    state.queue[state.queue.length] = () => {
      try {
        if (state.policy === '') throw domException('The operation failed.', 'OperationError');
        then(run(), resolve, (error) => reject(clean(error)));
      } catch (error) {
        reject(clean(error));
      }
    };
  });
}

/**
 * A promise of the browser's looks for `then` on what it is fulfilled with, and a page can have put
 * an accessor of that name on `Object.prototype`: descriptions come by callback.
 */
function unseen(native, self, args, state, finish, name) {
  if (apply(signalingStateOf, self, []) === 'closed') return apply(native, self, args); // refused
  return new SafePromise((resolve, reject) => {
    const fail = (error) => reject(clean(asRejection(error, name)));
    const give = (value) => resolve(finish(plainDescription(value), state));
    const options = args.length === 0 ? [give, fail] : [give, fail, args[0]];
    then(apply(native, self, options), undefined, fail);
  });
}

/** What a promise would have been rejected with, of what a callback got: Chromium says more there. */
function asRejection(error, name) {
  const parts = isChromium ? exceptionParts(error) : undefined;
  if (parts === undefined) return error;
  return domException(`Failed to execute '${name}' on 'RTCPeerConnection': ${parts.message}`, parts.name);
}

/** An error of `setLocalDescription` without what it quotes: candidates had been put back there. */
function withoutCandidates(error) {
  const parts = exceptionParts(error);
  const at = parts === undefined ? -1 : indexOf(parts.message, 'candidate:', 0);
  return at < 0 ? error : domException(slice(parts.message, 0, at), parts.name);
}

/** The legacy form: the page's callbacks, told what the page may know. `args[at]` is the first of them. */
function withCallbacks(native, self, args, at, state, finish) {
  const passed = list();
  for (let i = 0; i < args.length; i += 1) passed[i] = args[i];
  if (isCallable(args[at]) && finish !== undefined && state.settled) {
    passed[at] = (value) => apply(args[at], undefined, [finish(value, state)]);
  }
  if (isCallable(args[at + 1])) {
    passed[at + 1] = (error) => apply(args[at + 1], undefined, [clean(restored.has(args[0]) ? withoutCandidates(error) : error)]);
  }
  return apply(native, self, passed);
}

const sdpOf = getterOf(prototypeHere('RTCSessionDescription'), 'sdp');
const typeOf = getterOf(prototypeHere('RTCSessionDescription'), 'type');

/** The dictionary that the promise would have been fulfilled with. */
function plainDescription(value) {
  const sdp = attempt(sdpOf, value);
  return sdp === undefined ? value : { sdp, type: attempt(typeOf, value) };
}

/** A chained method: `prepare(args, state)` converts the page's arguments, once and at the call. */
function guardChained(prototype, name, callbacksAt, prepare, finish) {
  guardMethod(prototype, name, (native, self, args) => {
    const state = stateOf(self);
    if (state === undefined || state.allow) return apply(native, self, args);
    // WebIDL tells the overloads apart by the number of arguments.
    const legacy = args.length > (callbacksAt === 0 ? 1 : callbacksAt);
    if (callbacksAt !== 0) busy(state);
    let ready;
    try {
      ready = prepare(args, state);
    } catch (error) {
      return rejected(clean(error));
    }
    const run = () => {
      if (legacy) return withCallbacks(native, self, ready(), callbacksAt, state, finish);
      if (finish !== undefined && state.settled) return unseen(native, self, ready(), state, finish, name);
      const passed = ready();
      const given = apply(native, self, passed);
      if (!restored.has(passed[0])) return given;
      return then(given, undefined, (error) => {
        throw clean(withoutCandidates(error));
      });
    };
    return chained(state, run, name === 'createOffer');
  });
}

/** The page's description, each member read once. */
function readDescription(init) {
  if (!isObject(init)) return undefined;
  const copy = { __proto__: null };
  const sdp = get(init, 'sdp');
  if (sdp !== undefined) copy.sdp = `${sdp}`;
  const type = get(init, 'type');
  if (type !== undefined) copy.type = type;
  return copy;
}

/** Has the guard rewrite the text at call time of the native operation, when the policy is there. */
function rewritten(copy, name, operation, state) {
  const text = copy[name];
  if (typeof text === 'string' && text !== '' && !state.allow) {
    const answer = ask(operation, state.id, text);
    if (answer !== '=') {
      copy[name] = answer[0] === '~' ? slice(answer, 1) : '';
      if (operation === 'l') restored.add(copy);
    }
  }
  return copy;
}

function describe(operation) {
  return (args, state) => {
    const copy = args.length === 0 ? undefined : readDescription(args[0]);
    if (copy === undefined) return () => args;
    return () => withFirst(args, rewritten(copy, 'sdp', operation, state));
  };
}

function readCandidate(args, state) {
  const init = args[0];
  if (!isObject(init)) return () => args;
  const copy = { __proto__: null };
  const names = ['candidate', 'sdpMLineIndex', 'sdpMid', 'usernameFragment'];
  for (let i = 0; i < names.length; i += 1) {
    const value = get(init, names[i]);
    if (value !== undefined) copy[names[i]] = names[i] === 'candidate' ? `${value}` : value;
  }
  return () => withFirst(args, rewritten(copy, 'candidate', 'a', state));
}

/** Guards connections in one realm. */
export function guardConnections(win) {
  const prototype = prototypeIn(win, 'RTCPeerConnection');
  if (prototype === undefined) return;
  guardClass(
    win,
    ['RTCPeerConnection', 'webkitRTCPeerConnection', 'mozRTCPeerConnection'],
    create,
  );
  const options = (args) => () => args;
  guardChained(prototype, 'createOffer', 0, options, adoptDescription);
  guardChained(prototype, 'createAnswer', 0, options, adoptDescription);
  guardChained(prototype, 'setLocalDescription', 1, describe('l'));
  guardChained(prototype, 'setRemoteDescription', 1, describe('r'));
  guardChained(prototype, 'addIceCandidate', 1, readCandidate);

  const local = ['localDescription', 'currentLocalDescription', 'pendingLocalDescription'];
  const remote = ['remoteDescription', 'currentRemoteDescription', 'pendingRemoteDescription'];
  for (let i = 0; i < local.length; i += 1) {
    guardAccessor(prototype, local[i], (native, self, args) => {
      const description = apply(native, self, args);
      return description === null ? null : adoptDescription(description, stateOf(self));
    });
    guardAccessor(prototype, remote[i], (native, self, args) =>
      acceptDescription(apply(native, self, args)),
    );
  }

  guardNegotiation(prototype, stateOf);

  guardMethod(prototype, 'getConfiguration', (native, self, args) => {
    const state = stateOf(self);
    if (state?.page === undefined) return apply(native, self, args);
    return reported(native, self, args, state);
  });
  guardMethod(prototype, 'setConfiguration', (native, self, args) => {
    const state = stateOf(self);
    if (state === undefined || state.allow) return apply(native, self, args);
    busy(state);
    return reconfigure(native, self, args, state);
  });
}
