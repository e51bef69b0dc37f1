// What the hooks need of the built-ins, captured at document_start before any script of the page.
// Nothing else of the main world may be used at call time: the page can replace all of it later.

const { getOwnPropertyDescriptor } = /** @type {any} */ (Reflect);
export const { apply, construct, defineProperty, deleteProperty, get, getPrototypeOf, ownKeys } = /** @type {any} */ (Reflect);
export const { setPrototypeOf } = /** @type {any} */ (Object); // gives back the object
export const { isArray } = Array;
export const iteratorName = Symbol.iterator;

export const SafeProxy = /** @type {any} */ (Proxy);
export const SafeError = /** @type {any} */ (Error);
export const nativeToString = own(Function.prototype, 'toString');
export const mapIteratorPrototype = getPrototypeOf(new Map().entries());
export const SafePromise = Promise;
export const SafeWeakRef = WeakRef;
const SafeWeakMap = WeakMap;
const SafeWeakSet = WeakSet;
const SafeSet = Set;
const SafeMap = Map;
const SafeRegistry = FinalizationRegistry;

/** An own property's descriptor, which inherits nothing; undefined if there is none. */
export function described(object, name) {
  const found = getOwnPropertyDescriptor(object, name);
  return found && setPrototypeOf(found, null);
}

/** The value of an own data property; undefined if there is none. Never runs code of the page. */
export function own(object, name) {
  return described(object, name)?.value;
}

/** An interface's prototype in a realm; undefined where the browser lacks it. */
export const prototypeIn = (win, name) => get(win[name] ?? { __proto__: null }, 'prototype');
/** The same in this realm, or an object of nothing. */
export const prototypeHere = (name) => prototypeIn(globalThis, name) ?? {};

/** The getter of an own accessor property. */
export const getterOf = (object, name) => described(object, name)?.get;

/** What a getter or method gives of something; undefined if that isn't of its kind. */
export function attempt(getter, self, args = []) {
  try {
    return apply(getter, self, args);
  } catch {
    reserve(100); // or a stack used up
    return undefined;
  }
}

/** Methods and getters of a prototype as functions: what they are called on comes first. */
export function natives(prototype, names) {
  const found = { __proto__: null };
  for (let i = 0; i < names.length; i += 1) {
    const native = own(prototype, names[i]) ?? getterOf(prototype, names[i]);
    found[names[i]] = (self, ...args) => apply(native, self, args);
  }
  return found;
}

/** Sets an own data property, whatever the prototypes say. */
export function put(object, name, value, enumerable = true) {
  return defineProperty(object, name, { __proto__: null, value, writable: true, enumerable, configurable: true });
}

/** Gives an instance its class's methods as own properties and no prototype: nobody can replace them. */
function sealed(instance, prototype, names) {
  for (let i = 0; i < names.length; i += 1) put(instance, names[i], own(prototype, names[i]));
  return setPrototypeOf(instance, null);
}

export const weakMap = () =>
  sealed(new SafeWeakMap(), SafeWeakMap.prototype, ['get', 'set', 'has', 'delete']);
export const weakSet = () =>
  sealed(new SafeWeakSet(), SafeWeakSet.prototype, ['add', 'has', 'delete']);
export const safeSet = () =>
  sealed(new SafeSet(), SafeSet.prototype, ['add', 'has', 'delete', 'forEach']);
export const safeMap = () =>
  sealed(new SafeMap(), SafeMap.prototype, ['get', 'set', 'has', 'delete', 'clear']);
export const registry = (callback) =>
  sealed(new SafeRegistry(callback), SafeRegistry.prototype, ['register']);

const derefOf = own(SafeWeakRef.prototype, 'deref');
export const weakRef = (value) => new SafeWeakRef(value);
export const deref = (ref) => apply(derefOf, ref, []);

// What isn't given takes its place on the stack: a call of this is as deep as four of one without.
const deep = (left, _a, _b, _c, _d, _e, _f, _g, _h, _i, _j, _k, _l, _m, _n, _o, _p, _q, _r, _s, _t, _u, _v, _w, _x) =>
  left <= 0 ? 0 : 1 + deep(left - 4);
/**
 * Throws, as any call would, where the stack has no room left for the work ahead: a page that has
 * used it up must not have the browser's half of a call without ours. What is called within such
 * a call asks for less than the call did.
 */
export const reserve = (frames) => void deep(frames);

/** An array that inherits nothing: writing to it can't reach a setter of the page. */
export const list = () => setPrototypeOf([], null);

const SafeObject = Object;
// `typeof` says "undefined" of `document.all`, which browsers take for a dictionary and call as a function.
export const isObject = (value) => SafeObject(value) === value;
export const isCallable = (value) => isObject(value) && typeof value !== 'object';

const indexOfText = own(String.prototype, 'indexOf');
const sliceText = own(String.prototype, 'slice');
export const indexOf = (text, part, from) => apply(indexOfText, text, [part, from]);
export const slice = (text, from, to) => apply(sliceText, text, [from, to]);
const lowerCaseOf = own(String.prototype, 'toLowerCase');
export const toLowerCase = (text) => apply(lowerCaseOf, text, []);

const takeNext = (state) => {
  const done = state.at >= state.items.length;
  state.at += 1;
  return { __proto__: null, done, value: done ? undefined : state.items[state.at - 1] };
};

/** A list that the browser iterates to its end whatever became of arrays' own iterator. */
export function closed(items) {
  defineProperty(items, iteratorName, {
    __proto__: null,
    value: () => {
      const state = { __proto__: null, items, at: 0 };
      return { __proto__: null, next: () => takeNext(state) };
    },
  });
  return setPrototypeOf(items, null);
}

/** Splits at every separator, into a list that inherits nothing. */
export function split(text, separator) {
  const parts = list();
  let from = 0;
  for (;;) {
    const to = indexOf(text, separator, from);
    if (to < 0) break;
    parts[parts.length] = slice(text, from, to);
    from = to + separator.length;
  }
  parts[parts.length] = slice(text, from);
  return parts;
}

// Tasks: those of the scheduler go before a page's messages and timers.
const { scheduler } = globalThis;
const schedule = isObject(scheduler) ? own(getPrototypeOf(scheduler), 'postTask') : undefined;
const later = setTimeout;
/** Runs `task` as soon as the browser runs tasks. */
export const soon = (task) => {
  if (schedule === undefined) apply(later, undefined, [task, 0]);
  else apply(schedule, scheduler, [task, { __proto__: null, priority: 'user-blocking' }]);
};

// Events.
const SafeEvent = Event;
const SafeMouseEvent = /** @type {any} */ (MouseEvent);
const SafeDOMException = DOMException;
const dispatchOf = own(EventTarget.prototype, 'dispatchEvent');
const listenOf = own(EventTarget.prototype, 'addEventListener');
const stopOf = own(Event.prototype, 'stopImmediatePropagation');
const detailOf = getterOf(CustomEvent.prototype, 'detail');
const relatedTargetOf = getterOf(MouseEvent.prototype, 'relatedTarget');
const fontsOf = getterOf(Document.prototype, 'fonts');
const createCommentOf = own(Document.prototype, 'createComment');
const { get: textOfNode, set: setTextOf } = described(CharacterData.prototype, 'data');

export const listen = (target, name, listener, capture) =>
  apply(listenOf, target, [name, listener, capture === true]);
export const stop = (event) => apply(stopOf, event, []);
export const detail = (event) => apply(detailOf, event, []);
export const relatedTarget = (event) => apply(relatedTargetOf, event, []);
/** Fires an event of the browser's kind, though not one that it trusts. */
export const fire = (target, name) => dispatch(target, newEvent(name));
export const newEvent = (name) => new SafeEvent(name);
export const dispatch = (target, made) => apply(dispatchOf, target, [made]);
/**
 * Hands a node to the bridge. The event goes to an object of this document alone: a page may have
 * listeners on the window, which the document before this one may have had too.
 */
export const introduce = (name, node) => show(apply(fontsOf, document, []), name, node);
/** Hands a node over in an event. */
export const show = (target, name, node) =>
  apply(dispatchOf, target, [new SafeMouseEvent(name, { __proto__: null, relatedTarget: node })]);
/** A node in no tree; a comment is the cheapest, and has a text. */
export const detachedNode = () => apply(createCommentOf, document, ['']);
export const textOf = (comment) => apply(textOfNode, comment, []);
export const setText = (comment, text) => apply(setTextOf, comment, [text]);
export const domException = (message, name) => new SafeDOMException(message, name);
const messageOf = getterOf(DOMException.prototype, 'message');
const nameOf = getterOf(DOMException.prototype, 'name');
/** The message and the name of a DOMException; undefined for anything else. */
export function exceptionParts(error) {
  try {
    return { __proto__: null, message: apply(messageOf, error, []), name: apply(nameOf, error, []) };
  } catch {
    return undefined;
  }
}

// `isTrusted` is an own, unforgeable accessor of each event.
const isTrustedOf = getterOf(new Event('x'), 'isTrusted');
export const isTrusted = (event) => apply(isTrustedOf, event, []) === true;

// Promises: `then` looks at the promise's `constructor`, which the page can replace on the
// prototype; an own `undefined` makes it fall back to the realm's own Promise.
const thenOf = own(Promise.prototype, 'then');
const rejectOf = own(Promise, 'reject');

/** `promise.then(ok, fail)` for a promise that the page never saw. */
export function then(promise, ok, fail) {
  defineProperty(promise, 'constructor', { __proto__: null, value: undefined });
  return apply(thenOf, promise, [ok, fail]);
}
export const rejected = (error) => apply(rejectOf, SafePromise, [error]);
