// Guarded functions that look like the browser's own: a proxy keeps name, length, prototype and
// properties; `toString` is answered for the function behind it; stack traces lose our frames.
import {
  SafeError,
  SafeProxy,
  apply,
  defineProperty,
  get,
  getOwnPropertyDescriptor,
  getterOf,
  indexOf,
  isObject,
  own,
  setPrototypeOf,
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
  const found = getOwnPropertyDescriptor(error, 'stack');
  if (found !== undefined) {
    setPrototypeOf(found, null);
    return found.get === undefined ? found.value : apply(found.get, error, []);
  }
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

/** Takes the frames of this file out of an error that the browser threw through it. */
export function clean(error) {
  if (!isObject(error)) return error;
  const formatter = getOwnPropertyDescriptor(SafeError, 'prepareStackTrace');
  if (formatter !== undefined) {
    setPrototypeOf(formatter, null);
    if (formatter.configurable !== true) return error;
    defineProperty(SafeError, 'prepareStackTrace', {
      __proto__: null,
      value: undefined,
      configurable: true,
      writable: true,
    });
  }
  try {
    const trace = traceOf(error);
    if (typeof trace !== 'string') return error;
    const lines = split(trace, '\n');
    let kept = '';
    let dropped = false;
    for (let i = 0; i < lines.length; i += 1) {
      if (indexOf(lines[i], SOURCE_NAME, 0) >= 0) dropped = true;
      else kept = i === 0 ? lines[i] : `${kept}${kept === '' ? '' : '\n'}${lines[i]}`;
    }
    if (dropped) {
      defineProperty(error, 'stack', {
        __proto__: null,
        value: kept,
        writable: true,
        enumerable: false,
        configurable: true,
      });
    }
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
  const guard = new SafeProxy(native, {
    __proto__: null,
    apply(target, self, args) {
      try {
        return call(target, self, args);
      } catch (error) {
        throw clean(error);
      }
    },
  });
  return remember(native, guard);
}

/** The guarded form of a constructor. `make(native, args, newTarget)` returns the instance. */
export function guardedClass(native, make) {
  const guard = new SafeProxy(native, {
    __proto__: null,
    construct(target, args, newTarget) {
      try {
        return make(target, args, newTarget === guard ? target : newTarget);
      } catch (error) {
        throw clean(error);
      }
    },
  });
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
  const found = getOwnPropertyDescriptor(object, name);
  if (found === undefined) return;
  setPrototypeOf(found, null);
  if (found.configurable !== true) return;
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

/** `Function.prototype.toString` answers for the function behind a guarded one. */
export function guardToString(win) {
  const prototype = get(own(win, 'Function'), 'prototype');
  guardMethod(prototype, 'toString', (native, self, args) =>
    apply(native, (isObject(self) && natives.get(self)) || self, args),
  );
}
