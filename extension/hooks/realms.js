// Realms in which the extension's own scripts don't run in time: the initial empty documents of
// frames and popups. Each is guarded when it is made, or where a page first reaches it.
import { guardAccessor, guardMethod } from './disguise.js';
import { guardInsertions, observeParser } from './insertions.js';
import { listenInside } from './moments.js';
import { guardOptions } from './options.js';
import { guardPlugins, loadPlugin, loadPlugins } from './plugins.js';
import { guardReactions } from './reactions.js';
import { guardRoads } from './roads.js';
import { guardWaits } from './shadows.js';
import { ownerDocumentOf, localNameOf } from './trees.js';
import {
  apply,
  attempt,
  construct,
  defineProperty,
  get,
  getPrototypeOf,
  getterOf,
  indexOf,
  isObject,
  list,
  nativeToString,
  own,
  reserve,
  setPrototypeOf,
  weakMap,
  weakSet,
} from './vault.js';

const ROOM_INSIDE = 500; // calls that must fit on the stack before a window is guarded
const seenDocuments = weakSet();
const served = weakSet(); // documents whose realm this copy of the hooks guards
const seenFrames = weakSet(); // windows of frames that were guarded once
const lengths = weakMap(); // window -> what reads how many frames it has
export const underway = list(); // windows into which insertions are under way
export const loading = list(); // those of plugins
const containerOf = getterOf(Range.prototype, 'commonAncestorContainer');
const defaultViewOf = getterOf(Document.prototype, 'defaultView');
const home = window;
const homeDocument = document;
let guardRealm;

/** Guards one realm's roads to other realms. `guard` guards a whole realm. */
export function guardRealms(win, guard) {
  guardRealm = guard;
  served.add(win.document);
  watch(win);
  leaveWord(win);
  guardInsertions(win);
  guardRoads(win);
  guardReactions(win);
  guardOptions(win);
  guardPlugins(win);
  guardWaits(win);
  settleIn(win);
}

/** What a document's own takes, as opposed to its realm's. */
function settleIn(win) {
  if (!seenDocuments.has(win.document)) {
    seenDocuments.add(win.document);
    observeParser(win);
  }
  arm(win);
  sweep(win);
}

/**
 * A window's first, empty document may give way to another that keeps the realm, and with it all that
 * a page has done to it meanwhile: there the hooks must not start anew, and need not. Before they use
 * any built-in they look for this, where a page can neither put it nor take it away: see build.mjs.
 */
function leaveWord(win) {
  defineProperty(asyncIteratorPrototype(win), GUARDED, {
    __proto__: null,
    value: setPrototypeOf(() => {
      served.add(win.document);
      settleIn(win);
    }, null),
  });
}

/** Of this realm by syntax; of another by what inherits from it (WebIDL, asynchronous iterators). */
function asyncIteratorPrototype(win) {
  if (win === home) return getPrototypeOf(getPrototypeOf(get(async function* none() {}, 'prototype')));
  const Stream = own(win, 'ReadableStream');
  const values = own(get(Stream, 'prototype'), 'values');
  return getPrototypeOf(getPrototypeOf(apply(values, construct(Stream, []), [])));
}

function watch(win) {
  const lengthOf = getterOf(win, 'length');
  if (lengthOf !== undefined) lengths.set(win, lengthOf);
  return lengthOf;
}

/** Listens where the browser calls a page's code in the middle of what it does. Again is as once. */
export function arm(win) {
  listenInside(win, lookAround);
}

/** Before code of a page runs in the middle of something: guards what is new by then. */
function lookAround(win) {
  for (let i = 0; i < loading.length; i += 1) load(loading[i]);
  look(home, homeLength);
  for (let i = 0; i < underway.length; i += 1) sweep(underway[i]);
  if (win !== undefined && win !== home) sweep(win);
}

function load({ active, view }) {
  for (let i = 0; i < active.plugins.length; i += 1) loadPlugin(active.plugins[i]);
  if (active.markup && view !== null && isObject(view.document)) loadPlugins(view.document);
}

/** Guards the frames of a window that are new since the last look. */
export function sweep(win) {
  const lengthOf = lengths.get(win) ?? watch(win);
  if (lengthOf !== undefined) look(win, lengthOf);
}

/** A window has its frames in the order of their making: what is new comes last. */
function look(win, lengthOf) {
  const count = apply(lengthOf, win, []);
  let first = count;
  while (first > 0 && !seenFrames.has(win[first - 1])) first -= 1;
  for (let i = first; i < count; i += 1) {
    const frame = win[i];
    if (!isObject(frame)) return;
    guardWindow(frame);
    seenFrames.add(frame);
  }
}

/** Guards a window that a page is about to get, if it is of the page's origin and not guarded yet. */
export function guardWindow(win) {
  if (!isObject(win)) return win;
  let doc;
  try {
    doc = win.document; // unforgeable; throws for another origin
  } catch {
    reserve(ROOM_INSIDE); // another origin, into which the page can't reach either, or a stack used up
    return win;
  }
  if (!isObject(doc) || seenDocuments.has(doc)) return win;
  reserve(ROOM_INSIDE);
  try {
    if (isPristine(win)) guardRealm(win);
    else settleIn(win);
  } catch {
    // Gone in the meantime.
  }
  return win;
}

const frameWindowOf = getterOf(HTMLIFrameElement.prototype, 'contentWindow');
const oldFrameWindowOf = getterOf(get(own(home, 'HTMLFrameElement'), 'prototype'), 'contentWindow');

/** Guards the window of a frame, whatever tree it is in. */
export function guardFrame(element) {
  try {
    guardWindow(apply(apply(localNameOf, element, []) === 'frame' ? oldFrameWindowOf : frameWindowOf, element, []));
  } catch {
    // Not a frame.
  }
}

/** Guards a window that no copy of the hooks guards. */
export function guardNew(win) {
  try {
    if (!seenDocuments.has(win.document) && isPristine(win)) guardWindow(win);
  } catch {
    // Of another origin.
  }
}

/** Whether no copy of the hooks was here. A guarded function has no name in its source text. */
function isPristine(win) {
  const method = own(get(own(win, 'Function'), 'prototype'), 'toString');
  return indexOf(apply(nativeToString, method, []), 'toString', 0) >= 0;
}

const homeLength = watch(home);
export const isHome = (win) => win === home;
export const isServed = (doc) => served.has(doc);

/** A node's document, or a document itself; undefined for what is no node. */
export function documentOf(node) {
  const doc = attempt(ownerDocumentOf, node);
  return doc === null ? node : doc;
}

/** A node of the tree that a range is in; anything else as it is. */
export const nodeOf = (range) => attempt(containerOf, range) ?? range;

/** The window whose tree `node` is in, or would be. */
export function viewNear(node) {
  const doc = documentOf(node);
  return doc === homeDocument ? home : viewOf(doc);
}

/** After a call that may have inserted frames into the tree of `target`. */
export function inserted(target) {
  lookAround();
  const view = viewNear(target);
  if (view !== null && view !== home) sweep(view);
}

export const viewOf = (doc) => attempt(defaultViewOf, doc) ?? null;

/** Guards methods and accessors of these names wherever one of these interfaces has them. */
export function guardEach(win, interfaces, methods, call, accessors, read, write) {
  for (let i = 0; i < interfaces.length; i += 1) {
    const prototype = prototypeOf(win, interfaces[i]);
    if (prototype === undefined) continue;
    for (let n = 0; n < methods.length; n += 1) guardMethod(prototype, methods[n], call);
    for (let n = 0; n < accessors.length; n += 1) guardAccessor(prototype, accessors[n], read, write);
  }
}

export const prototypeOf = (win, name) => {
  const found = own(win, name);
  return isObject(found) ? get(found, 'prototype') : undefined;
};
