// Guarded functions that look like the browser's own: a proxy keeps name, length, prototype and
// properties; `toString` is answered for the function behind it; stack traces lose our frames.
import {
  SafeError,
  SafeProxy,
  apply,
  construct,
  defineProperty,
  described,
  get,
  getPrototypeOf,
  getterOf,
  indexOf,
  isObject,
  list,
  nativeToString,
  own,
  put,
  slice,
  split,
  weakMap,
} from './vault.js';

const natives = weakMap(); // guarded function -> the browser's own
const guards = weakMap(); // the browser's own -> guarded function

// Firefox keeps the trace behind accessors of the prototypes, Chromium on the error itself.
const traceGetters = [
  getterOf(get(SafeError, 'prototype'), 'stack'),
  getterOf(DOMException.prototype, 'stack'),
];

function traceOf(error) {
  const found = described(error, 'stack');
  if (found !== undefined) return found.get === undefined ? found.value : apply(found.get, error, []);
  for (let i = 0; i < traceGetters.length; i += 1) {
    if (traceGetters[i] === undefined) continue;
    try {
      const trace = apply(traceGetters[i], error, []);
      if (typeof trace === 'string' && trace !== '') return trace;
    } catch {
      // Not that kind of error.
    }
  }
  return undefined;
}

// Chromium's: takes a new trace, without the frames above a function and its own.
const retrace =
  getterOf(get(SafeError, 'prototype'), 'stack') === undefined ? own(SafeError, 'captureStackTrace') : undefined;

/** Whether the innermost frame of a trace is one of this file, so that the browser made the error. */
function isOurs(lines) {
  for (let i = 0; i < lines.length; i += 1) {
    if (slice(lines[i], 0, 7) === '    at ') return indexOf(lines[i], SOURCE_NAME, 0) >= 0;
  }
  return false;
}

/** A trace without the frames of this file, and of the built-ins that it called the page's code by. */
function withoutOurs(lines) {
  const kept = list();
  for (let i = 0; i < lines.length; i += 1) {
    const last = kept.length - 1;
    if (indexOf(lines[i], SOURCE_NAME, 0) < 0) kept[kept.length] = lines[i];
    else if (last > 0 && indexOf(kept[last], '(<anonymous>)', 0) >= 0) kept.length = last;
  }
  let text = '';
  for (let i = 0; i < kept.length; i += 1) text += i === 0 ? kept[i] : `\n${kept[i]}`;
  return text;
}

/** Firefox: an error that the browser made says where, too. Its trace is filtered where it is read. */
function place(error, lines, kept) {
  if (indexOf(lines[0], SOURCE_NAME, 0) < 0 || own(error, 'fileName') === undefined) return;
  const first = split(kept, '\n')[0];
  const parts = split(slice(first, indexOf(first, '@', 0) + 1), ':');
  if (parts.length < 3) return;
  const column = parts[parts.length - 1];
  const line = parts[parts.length - 2];
  const file = slice(first, indexOf(first, '@', 0) + 1, first.length - column.length - line.length - 2);
  put(error, 'fileName', file, false);
  put(error, 'lineNumber', +line, false);
  put(error, 'columnNumber', +column, false);
}

/** Firefox: what can be read of a trace, of any error of this realm, is without our frames. */
export function guardTraces(win) {
  if (retrace !== undefined) return;
  const names = ['Error', 'DOMException'];
  for (let i = 0; i < names.length; i += 1) {
    guardAccessor(get(own(win, names[i]) ?? {}, 'prototype') ?? {}, 'stack', (native, self, args) => {
      const trace = apply(native, self, args);
      return typeof trace === 'string' ? withoutOurs(split(trace, '\n')) : trace;
    });
  }
}

/**
 * Takes the frames of this file out of an error that the browser threw through it, `entry` being the
 * function that the page's call came in by and is still in.
 */
export function clean(error, entry) {
  if (!isObject(error)) return error;
  const formatter = described(SafeError, 'prepareStackTrace');
  if (formatter !== undefined) {
    if (formatter.configurable !== true) return error;
    put(SafeError, 'prepareStackTrace', undefined, false);
  }
  try {
    const trace = traceOf(error);
    if (typeof trace !== 'string') return error;
    const lines = split(trace, '\n');
    if (retrace !== undefined && entry !== undefined && isOurs(lines)) {
      apply(retrace, SafeError, [error, entry]);
      return error;
    }
    const kept = withoutOurs(lines);
    if (kept === trace) return error;
    if (retrace === undefined) place(error, lines, kept);
    else put(error, 'stack', kept, false);
  } finally {
    if (formatter !== undefined) defineProperty(SafeError, 'prepareStackTrace', formatter);
  }
  return error;
}

/**
 * The guarded form of a function of the browser's own. `call(native, self, args)` does its work.
 * One function has one guarded form, as `entries` and `[Symbol.iterator]` are one.
 */
export function guarded(native, call) {
  const known = guards.get(native);
  if (known !== undefined) return known;
  const handler = {
    __proto__: null,
    apply(target, self, args) {
      try {
        return call(target, self, args);
      } catch (error) {
        throw clean(error, handler.apply);
      }
    },
  };
  return remember(native, new SafeProxy(native, handler));
}

/** The guarded form of a constructor. `make(native, args, newTarget)` returns the instance. */
export function guardedClass(native, make) {
  const handler = {
    __proto__: null,
    construct(target, args, newTarget) {
      try {
        return make(target, args, newTarget === guard ? target : newTarget);
      } catch (error) {
        throw clean(error, handler.construct);
      }
    },
  };
  const guard = new SafeProxy(native, handler);
  return remember(native, guard);
}

function remember(native, guard) {
  natives.set(guard, native);
  guards.set(native, guard);
  return guard;
}

/** Whether this is a guarded function of this copy of the hooks. */
export const isGuarded = (value) => natives.has(value);

function redefine(object, name, change) {
  const found = described(object, name);
  if (found?.configurable !== true) return;
  change(found);
  defineProperty(object, name, found);
}

/** Guards a method in place. */
export function guardMethod(prototype, name, call) {
  redefine(prototype, name, (found) => {
    if (typeof found.value === 'function' && !isGuarded(found.value)) {
      found.value = guarded(found.value, call);
    }
  });
}

/** Guards an accessor's getter, and its setter where `write` is given. */
export function guardAccessor(prototype, name, read, write) {
  redefine(prototype, name, (found) => {
    if (typeof found.get === 'function' && !isGuarded(found.get)) {
      found.get = guarded(found.get, read);
    }
    if (write !== undefined && typeof found.set === 'function' && !isGuarded(found.set)) {
      found.set = guarded(found.set, write);
    }
  });
}

/** Puts a constructor's guarded form wherever a page finds the constructor. */
export function guardClass(win, names, make) {
  for (let i = 0; i < names.length; i += 1) {
    const native = own(win, names[i]);
    if (typeof native !== 'function' || isGuarded(native)) continue;
    const guard = guards.get(native) ?? guardedClass(native, make);
    redefine(win, names[i], (found) => {
      found.value = guard;
    });
    redefine(get(native, 'prototype'), 'constructor', (found) => {
      found.value = guard;
    });
  }
}

/** The same for objects that a page makes of its own values, each of which is told to `note`. */
export const guardMaking = (win, name, note) =>
  guardClass(win, [name], (native, args, newTarget) => {
    const made = construct(native, args, newTarget);
    note(made);
    return made;
  });

const MOST_PARENTS = 8; // an interface has fewer

// What the browser says of a proxy.
const nameless = apply(nativeToString, new SafeProxy(function named() {}, { __proto__: null }), []);

/** What its own realm says of a function that this copy of the hooks doesn't know: there another guards it. */
function elsewhere(self, text) {
  try {
    let holder = getPrototypeOf(self);
    for (let up = 0; up < MOST_PARENTS && isObject(holder); up += 1) {
      const method = own(holder, 'toString');
      if (method === undefined) holder = getPrototypeOf(holder);
      else {
        const told = typeof method === 'function' && !isGuarded(method) ? apply(method, self, []) : text;
        return typeof told === 'string' ? told : text;
      }
    }
  } catch {
    // A page's own function in that place.
  }
  return text;
}

/** `Function.prototype.toString` answers for the function behind a guarded one. */
export function guardToString(win) {
  const prototype = get(own(win, 'Function'), 'prototype');
  guardMethod(prototype, 'toString', (native, self, args) => {
    const known = isObject(self) ? natives.get(self) : undefined;
    const text = apply(native, known ?? self, args);
    return known === undefined && text === nameless ? elsewhere(self, text) : text;
  });
}
