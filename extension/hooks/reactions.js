// Code of a page that the browser runs inside a call: custom elements' constructors and reactions.
// And MutationObservers, who see what the parser inserted. Each has new frames guarded first.
import { guardClass, guardMethod } from './disguise.js';
import { isHeld } from './plugins.js';
import { inserted, prototypeOf } from './realms.js';
import {
  SafeProxy,
  apply,
  construct,
  domException,
  get,
  getPrototypeOf,
  getterOf,
  isCallable,
  isObject,
  own,
  setPrototypeOf,
  then,
  weakMap,
} from './vault.js';

const standIns = weakMap(); // a page's element class -> what the browser takes for it
const behind = weakMap(); // and back
const promises = weakMap(); // whenDefined()'s promise -> the page's
const targetOf = getterOf(MutationRecord.prototype, 'target');
// Answers for itself: a new target of the page's isn't asked for its prototype.
const nothing = new SafeProxy(function () {}, { __proto__: null, construct: () => ({ __proto__: null }) });

/** `inserted` first, then the page's function. */
const lookFirst = (reaction) =>
  function (...args) {
    if (isHeld()) return undefined;
    inserted(this);
    return apply(reaction, this, args);
  };

/** A class's prototype as `define` reads it: each reaction once, by name. */
const readByDefine = (prototype) =>
  new SafeProxy({ __proto__: null }, {
    __proto__: null,
    get(target, name) {
      const reaction = get(prototype, name);
      return isCallable(reaction) ? lookFirst(reaction) : reaction;
    },
  });

/**
 * The browser runs an element's constructor when it comes upon the element, in the midst of what it
 * parses or inserts. It gets a stand-in that calls the page's class.
 */
function standInFor(constructor, home) {
  const known = standIns.get(constructor);
  if (known !== undefined) return known;
  const state = { __proto__: null, defining: false };
  const value = new SafeProxy(
    function () {}, // has a prototype that may be answered in its place
    {
      __proto__: null,
      get(target, name) {
        const found = get(constructor, name);
        if (name !== 'prototype' || !state.defining) return found;
        state.defining = false;
        return isObject(found) ? readByDefine(found) : found;
      },
      construct(target, args) {
        inserted(home);
        return construct(constructor, args);
      },
    },
  );
  const made = { __proto__: null, value, state };
  standIns.set(constructor, made);
  behind.set(value, constructor);
  return made;
}

function isConstructor(value) {
  if (typeof value !== 'function') return false;
  try {
    construct(nothing, [], value);
    return true;
  } catch {
    return false;
  }
}

/** The browser looks up the class that is being made: it knows the stand-in. */
const make = (native, args, newTarget) => construct(native, args, standIns.get(newTarget)?.value ?? newTarget);

/** A class may extend another interface than HTMLElement; those are guarded when one does. */
function guardBase(win, constructor) {
  let child = constructor;
  for (let base = getPrototypeOf(child); typeof base === 'function'; base = getPrototypeOf(child)) {
    const name = own(base, 'name');
    if (typeof name === 'string' && own(win, name) === base && get(base, 'prototype') !== undefined) {
      guardClass(win, [name], make);
      if (own(win, name) !== base) setPrototypeOf(child, own(win, name));
      return;
    }
    child = base;
  }
}

function define(native, self, args, win) {
  const constructor = args[1];
  if (args.length < 2 || !isConstructor(constructor)) return apply(native, self, args);
  const name = `${args[0]}`;
  /** @type {any[]} */
  const passed = [name, undefined];
  if (isObject(args[2])) {
    const base = get(args[2], 'extends');
    passed[2] = base === undefined ? undefined : { __proto__: null, extends: `${base}` };
    if (base !== undefined) {
      try {
        guardBase(win, constructor);
      } catch {
        throw domException('Operation is not supported', 'NotSupportedError');
      }
    }
  } else passed[2] = args[2];
  const { value, state } = standInFor(constructor, win.document);
  passed[1] = value;
  state.defining = true;
  try {
    return apply(native, self, passed);
  } finally {
    state.defining = false;
  }
}

/** Guards custom elements and observers in one realm. */
export function guardReactions(win) {
  guardClass(win, ['MutationObserver'], (native, args, newTarget) => {
    const callback = args[0];
    if (!isCallable(callback)) return construct(native, args, newTarget);
    const seen = function (records, observer) {
      inserted(apply(targetOf, records[0], []));
      return apply(callback, this, [records, observer]);
    };
    return construct(native, [seen], newTarget);
  });
  const registry = prototypeOf(win, 'CustomElementRegistry');
  if (registry === undefined) return;
  guardClass(win, ['HTMLElement'], make);
  guardMethod(registry, 'define', (native, self, args) => define(native, self, args, win));
  guardMethod(registry, 'get', (native, self, args) => {
    const found = apply(native, self, args);
    return behind.get(found) ?? found;
  });
  guardMethod(registry, 'getName', (native, self, args) => {
    const known = isObject(args[0]) ? standIns.get(args[0]) : undefined;
    return apply(native, self, known === undefined ? args : [known.value]);
  });
  guardMethod(registry, 'whenDefined', (native, self, args) => {
    const promise = apply(native, self, args);
    const known = promises.get(promise);
    if (known !== undefined) return known;
    const page = then(promise, (found) => behind.get(found) ?? found);
    promises.set(promise, page);
    return page;
  });
}
