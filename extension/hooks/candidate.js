// RTCIceCandidate and the two events that carry addresses.
import { ask, currentPolicy } from './channel.js';
import { guardAccessor, guardMaking, guardMethod } from './disguise.js';
import {
  apply,
  getterOf,
  isTrusted,
  natives,
  prototypeHere,
  prototypeIn,
  put,
  slice,
  split,
  stop,
  weakMap,
} from './vault.js';

const ABSENT = '\u0000';
const records = weakMap(); // RTCIceCandidate of the browser's -> what the page may read of it
const errors = weakMap(); // icecandidateerror event -> whether its addresses are hidden

const textOf = getterOf(prototypeHere('RTCIceCandidate'), 'candidate');
const candidateOf = getterOf(prototypeHere('RTCPeerConnectionIceEvent'), 'candidate');
const errorFields = ['address', 'port', 'hostCandidate'];
const errorGetters = natives(prototypeHere('RTCPeerConnectionIceErrorEvent'), errorFields);

const text = (value) => (value === ABSENT ? null : value);
const number = (value) => (value === ABSENT || value === '' ? null : +value);

/** Reads a guard's record (`=`, `~…`, `-…`). No answer hides everything. */
export function readRecord(answer) {
  if (answer === '=') return { __proto__: null, same: true, hidden: false };
  const parts = split(answer === '' ? '-' : answer, '\n');
  const full = parts.length >= 6;
  return {
    __proto__: null,
    same: false,
    hidden: parts[0][0] !== '~',
    candidate: full ? slice(parts[0], 1) : '',
    address: full ? text(parts[1]) : null,
    port: full ? number(parts[2]) : null,
    relatedAddress: full ? text(parts[3]) : null,
    relatedPort: full ? number(parts[4]) : null,
    foundation: full ? text(parts[5]) : null,
  };
}

const PLAIN = readRecord('=');

/**
 * What the page may read of a candidate object that the browser made for a connection. The
 * operation is `c` for a local one, `k` for a remote one.
 */
export function judge(candidate, connection, surface, operation = 'c') {
  const known = records.get(candidate);
  if (known !== undefined) return known;
  const line = apply(textOf, candidate, []);
  // Firefox marks the end of a generation by a candidate of no text.
  const record = line === '' ? PLAIN : readRecord(ask(operation, connection, `${surface}\n${line}`));
  records.set(candidate, record);
  return record;
}

/** The connection's own listener for `icecandidate`, first of all: a hidden one goes no further. */
export function onCandidate(event, state) {
  if (!isTrusted(event)) return;
  const candidate = apply(candidateOf, event, []);
  if (candidate === null) return;
  if (state.allow) records.set(candidate, PLAIN);
  else if (judge(candidate, state.id, 'candidate').hidden) stop(event);
}

/** The connection's own listener for `icecandidateerror`. */
export function onCandidateError(event, state) {
  if (!isTrusted(event)) return;
  if (state.allow) {
    errors.set(event, false);
    return;
  }
  let asked = '';
  for (let i = 0; i < errorFields.length; i += 1) {
    const value = errorGetters[errorFields[i]](event);
    asked += `${i === 0 ? '' : '\n'}${value ?? ABSENT}`;
  }
  errors.set(event, ask('e', state.id, asked) !== '=');
}

// An object from elsewhere, say through an event that an unguarded realm heard, is judged here.
const recordOf = (candidate) => judge(candidate, 0, 'candidate');

const fields = ['candidate', 'address', 'port', 'relatedAddress', 'relatedPort', 'foundation'];

/** Guards candidates and their events in one realm. */
export function guardCandidates(win) {
  guardMaking(win, 'RTCIceCandidate', (made) => records.set(made, PLAIN)); // its own text
  const prototype = prototypeIn(win, 'RTCIceCandidate');
  if (prototype === undefined) return;
  for (let i = 0; i < fields.length; i += 1) {
    const field = fields[i];
    guardAccessor(prototype, field, (native, self, args) => {
      const value = apply(native, self, args);
      const record = recordOf(self);
      return record.same ? value : record[field];
    });
  }
  guardMethod(prototype, 'toJSON', (native, self, args) => {
    const value = apply(native, self, args);
    const record = recordOf(self);
    if (!record.same) put(value, 'candidate', record.candidate);
    return value;
  });
  const errorEvent = prototypeIn(win, 'RTCPeerConnectionIceErrorEvent');
  if (errorEvent === undefined) return;
  guardMaking(win, 'RTCPeerConnectionIceErrorEvent', (made) => errors.set(made, false));
  for (let i = 0; i < errorFields.length; i += 1) {
    const empty = errorFields[i] === 'hostCandidate' ? '' : null;
    guardAccessor(errorEvent, errorFields[i], (native, self, args) => {
      const value = apply(native, self, args);
      // One that another realm heard may have been fired again since: `isTrusted` says nothing.
      return (errors.get(self) ?? currentPolicy() !== 'allow') ? empty : value;
    });
  }
}
