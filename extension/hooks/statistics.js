// RTCStatsReport: entries are filtered where they are read.
import { readRecord } from './candidate.js';
import { ask } from './channel.js';
import { eachConnection, stateOf, tracksOf } from './connection.js';
import { clean, guardMethod } from './disguise.js';
import {
  apply,
  attempt,
  deleteProperty,
  getPrototypeOf,
  getterOf,
  isArray,
  isCallable,
  isObject,
  iteratorName,
  list,
  mapIteratorPrototype,
  own,
  prototypeHere,
  prototypeIn,
  put,
  reserve,
  safeMap,
  then,
  weakMap,
} from './vault.js';

const ABSENT = '\u0000';
const MOST_CACHED = 256;
const owners = weakMap(); // report or its iterator -> { state }

const includes = (array, value) => {
  for (let i = 0; i < array.length; i += 1) if (array[i] === value) return true;
  return false;
};

/** The state of the connection that a sender or receiver belongs to. */
function ownerOfTrack(object, listOf) {
  let found;
  eachConnection((pc, state) => {
    if (!includes(tracksOf[listOf](pc), object)) return false;
    found = state;
    return true;
  });
  return found;
}

const asked = ['candidateType', 'address', 'port', 'relatedAddress', 'relatedPort', 'foundation', 'url'];

/** Filters one entry in place: it is a dictionary that the browser made for this read. */
function filterEntry(entry, state) {
  if (!isObject(entry) || state?.allow === true) return entry;
  const type = own(entry, 'type');
  if (type !== 'local-candidate' && type !== 'remote-candidate') return entry;
  let question = type === 'local-candidate' ? 'local' : 'remote';
  for (let i = 0; i < asked.length; i += 1) {
    const value =
      asked[i] === 'address' ? (own(entry, 'address') ?? own(entry, 'ip')) : own(entry, asked[i]);
    question += `\n${value ?? ABSENT}`;
  }
  const record = answerTo(question, state);
  if (record.same) return entry;
  replace(entry, 'address', record.address);
  replace(entry, 'ip', record.address);
  replace(entry, 'port', record.port);
  replace(entry, 'portNumber', record.port);
  replace(entry, 'relatedAddress', record.relatedAddress);
  replace(entry, 'relatedPort', record.relatedPort);
  replace(entry, 'foundation', record.foundation);
  return entry;
}

/** Members whose type has no null go when there is no value to show. */
function replace(entry, name, value) {
  if (own(entry, name) === undefined) return;
  if (value !== null) put(entry, name, value);
  else if (name === 'address' || name === 'ip') put(entry, name, null);
  else deleteProperty(entry, name);
}

const unowned = safeMap();

function answerTo(question, state) {
  let cache = unowned;
  if (state !== undefined) {
    state.statistics ??= safeMap();
    cache = state.statistics;
  }
  let record = cache.get(question);
  if (record === undefined) {
    const answer = ask('t', state === undefined ? 0 : state.id, question);
    record = readRecord(answer);
    if (answer !== '') remember(cache, question, record);
  }
  return record;
}

function remember(cache, question, record) {
  cache.count = (cache.count ?? 0) + 1;
  if (cache.count > MOST_CACHED) {
    cache.clear();
    cache.count = 1;
  }
  cache.set(question, record);
}

function ownerOf(report) {
  if (!owners.has(report)) adoptReport(report);
  return owners.get(report)?.state;
}

function filterValue(value, state) {
  return isArray(value) ? (filterEntry(value[1], state), value) : filterEntry(value, state);
}

/** Chromium's iterators have a prototype of their own, which nobody can reach without a report. */
function guardIterator(iterator, state) {
  owners.set(iterator, { __proto__: null, state });
  const prototype = getPrototypeOf(iterator);
  if (prototype === mapIteratorPrototype) return iterator;
  guardMethod(prototype, 'next', (native, self, args) => {
    const step = apply(native, self, args);
    const owner = owners.get(self);
    if (owner !== undefined && own(step, 'done') !== true) filterValue(own(step, 'value'), owner.state);
    return step;
  });
  return iterator;
}

function guardGetStats(prototype, ownerOfObject) {
  guardMethod(prototype, 'getStats', (native, self, args) => {
    const state = ownerOfObject(self);
    if (state !== undefined && state.allow) return apply(native, self, args);
    return then(
      apply(native, self, args),
      (report) => adoptReport(report, state),
      (error) => {
        throw clean(error);
      },
    );
  });
}

const ROOM_TO_FILTER = 500; // calls that must fit on the stack, so that no entry is left half filtered
const sizeOf = getterOf(prototypeHere('RTCStatsReport'), 'size');
const forEachOf = own(prototypeHere('RTCStatsReport'), 'forEach');
// Whether a report gives the same object at each read: not in Chromium, which moreover crashes when one
// realm's forEach reads a nested frame's report.
const entriesAreKept = typeof webkitRTCPeerConnection === 'undefined';

/**
 * A report is the page's from here on: its owner decides what its methods show. A page can have had it
 * earlier, by a `then` that the browser's promise looks for, and can have put something else in its place.
 */
function adoptReport(report, state) {
  if (attempt(sizeOf, report) === undefined) return report;
  // Firefox keeps the entries: filtered once, they stay so for every reader.
  if (entriesAreKept) {
    reserve(ROOM_TO_FILTER);
    apply(forEachOf, report, [(entry) => void filterEntry(entry, state)]);
  }
  owners.set(report, { __proto__: null, state });
  return report;
}

/** Guards statistics in one realm. */
export function guardStatistics(win) {
  const of = (name) => prototypeIn(win, name) ?? {};
  guardGetStats(of('RTCPeerConnection'), stateOf);
  guardGetStats(of('RTCRtpSender'), (self) => ownerOfTrack(self, 'getSenders'));
  guardGetStats(of('RTCRtpReceiver'), (self) => ownerOfTrack(self, 'getReceivers'));

  const report = of('RTCStatsReport');
  guardMethod(report, 'get', (native, self, args) =>
    filterEntry(apply(native, self, args), ownerOf(self)),
  );
  guardMethod(report, 'forEach', (native, self, args) => {
    const callback = args[0];
    if (!isCallable(callback)) return apply(native, self, args);
    const state = ownerOf(self);
    const found = list();
    const result = apply(native, self, [
      (value, key, map) => {
        found[found.length] = [value, key, map];
      },
    ]);
    // Read first, told after: Chromium crashes when much happens within another realm's forEach.
    for (let i = 0; i < found.length; i += 1) {
      const one = found[i];
      apply(callback, args[1], [filterEntry(one[0], state), one[1], one[2]]);
    }
    return result;
  });
  const iterate = (native, self, args) => guardIterator(apply(native, self, args), ownerOf(self));
  guardMethod(report, 'entries', iterate);
  guardMethod(report, 'values', iterate);
  guardMethod(report, iteratorName, iterate);
}
