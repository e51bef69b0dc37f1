// RTCIceCandidate and the two events that carry addresses.
import { ask } from './channel.js';
import { guardAccessor, guardClass, guardMethod } from './disguise.js';
import {
  apply,
  construct,
  getterOf,
  get,
  isTrusted,
  natives,
  prototypeHere,
  put,
  slice,
  split,
  stop,
  weakMap,
  weakSet,
} from './vault.js';

const ABSENT = '\u0000';
const records = weakMap(); // RTCIceCandidate of the browser's -> what the page may read of it
const madeByPage = weakSet(); // RTCIceCandidate that a page constructed: its own text
const errors = weakMap(); // icecandidateerror event -> true when its addresses are hidden

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

function recordOf(candidate) {
  if (madeByPage.has(candidate)) return PLAIN;
  // An object from elsewhere, say through an event that an unguarded realm heard: judge it here.
  return records.get(candidate) ?? judge(candidate, 0, 'candidate');
}

const fields = ['candidate', 'address', 'port', 'relatedAddress', 'relatedPort', 'foundation'];

/** Guards candidates and their events in one realm. */
export function guardCandidates(win) {
  guardClass(win, ['RTCIceCandidate'], (native, args, newTarget) => {
    const made = construct(native, args, newTarget);
    madeByPage.add(made);
    return made;
  });
  const prototype = get(win.RTCIceCandidate ?? {}, 'prototype');
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
  const errorEvent = win.RTCPeerConnectionIceErrorEvent;
  if (typeof errorEvent !== 'function') return;
  for (let i = 0; i < errorFields.length; i += 1) {
    const empty = errorFields[i] === 'hostCandidate' ? '' : null;
    guardAccessor(get(errorEvent, 'prototype'), errorFields[i], (native, self, args) => {
      const value = apply(native, self, args);
      return (errors.get(self) ?? isTrusted(self)) ? empty : value;
    });
  }
}
