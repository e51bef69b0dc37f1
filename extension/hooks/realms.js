// Realms in which the extension's own scripts don't run in time: the initial empty documents of
// frames and popups. Each is guarded when it is made, or where a page first reaches it.
import { guardAccessor, guardMethod } from './disguise.js';
import { listenInside } from './moments.js';
import { afterInsertion, emptied, emptyAround, guardOptions, withoutRoots } from './options.js';
import { guardPlugins, loadPlugin, loadPlugins } from './plugins.js';
import { guardReactions } from './reactions.js';
import { guardRoads } from './roads.js';
import {
  apply,
  construct,
  defineProperty,
  get,
  getPrototypeOf,
  getterOf,
  indexOf,
  isObject,
  list,
  listen,
  nativeToString,
  natives,
  own,
  reserve,
  setPrototypeOf,
  slice,
  toLowerCase,
  weakMap,
  weakSet,
} from './vault.js';

const ROOM = 2000; // calls that must fit on the stack before an insertion
const ROOM_INSIDE = 500; // and before a window is guarded
const seenDocuments = weakSet();
const watched = weakMap(); // window -> the frames known of it
const underway = list(); // windows into which insertions are under way
const loading = list(); // those of plugins
const ownerDocumentOf = getterOf(Node.prototype, 'ownerDocument');
const defaultViewOf = getterOf(Document.prototype, 'defaultView');
const startContainerOf = getterOf(AbstractRange.prototype, 'startContainer');
const SafeMutationObserver = /** @type {any} */ (MutationObserver);
const observeOf = own(MutationObserver.prototype, 'observe');
const home = window;
const homeDocument = document;
let guardRealm;

/** Guards one realm's roads to other realms. `guard` guards a whole realm. */
export function guardRealms(win, guard) {
  guardRealm = guard;
  watch(win);
  leaveWord(win);
  guardInsertions(win);
  guardRoads(win);
  guardReactions(win);
  guardOptions(win);
  guardPlugins(win);
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
    value: setPrototypeOf(() => void settleIn(win), null),
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
  if (lengthOf === undefined) return undefined;
  const record = { __proto__: null, win, lengthOf, frames: list() };
  watched.set(win, record);
  return record;
}

/** Listens where the browser calls a page's code in the middle of what it does. Again is as once. */
function arm(win) {
  listenInside(win, lookAround);
}

/** Before code of a page runs in the middle of something: guards what is new by then. */
function lookAround(win) {
  for (let i = 0; i < loading.length; i += 1) load(loading[i]);
  look(homeRecord);
  for (let i = 0; i < underway.length; i += 1) sweep(underway[i]);
  if (win !== undefined && win !== home) sweep(win);
}

/** Guards the frames of a window that are new since the last look. */
function sweep(win) {
  const record = watched.get(win) ?? watch(win);
  if (record !== undefined) look(record);
}

function look(record) {
  const count = apply(record.lengthOf, record.win, []);
  const { frames } = record;
  for (let i = 0; i < count; i += 1) {
    const frame = record.win[i];
    if (frames[i] === frame) continue;
    frames[i] = frame;
    guardWindow(frame);
  }
  frames.length = count;
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

/** Whether no copy of the hooks was here. A guarded function has no name in its source text. */
function isPristine(win) {
  const method = own(get(own(win, 'Function'), 'prototype'), 'toString');
  return indexOf(apply(nativeToString, method, []), 'toString', 0) >= 0;
}

const homeRecord = watch(home);

/** The window whose tree `node` is in, or would be. */
function viewNear(node) {
  let doc = node;
  try {
    doc = apply(ownerDocumentOf, node, []) ?? node;
  } catch {
    try {
      doc = apply(ownerDocumentOf, apply(startContainerOf, node, []), []);
    } catch {
      return null;
    }
  }
  if (doc === homeDocument) return home;
  return isObject(doc) ? viewOf(doc) : null;
}

/** After a call that may have inserted frames into the tree of `target`. */
export function inserted(target) {
  lookAround();
  const view = viewNear(target);
  if (view !== null && view !== home) sweep(view);
}

export function viewOf(doc) {
  try {
    return apply(defaultViewOf, doc, []);
  } catch {
    return null;
  }
}

const localNameOf = getterOf(Element.prototype, 'localName');
const firstElementOf = getterOf(Element.prototype, 'firstElementChild');
const elements = natives(Element.prototype, ['querySelectorAll', 'replaceWith', 'remove']);
const queryFragmentOf = own(getPrototypeOf(ShadowRoot.prototype), 'querySelectorAll');
const replaceDataOf = own(getPrototypeOf(getPrototypeOf(document.createComment(''))), 'replaceWith');
const parentOf = getterOf(Node.prototype, 'parentNode');
const createCommentOf = own(Document.prototype, 'createComment');
const nodeTypeOf = getterOf(Node.prototype, 'nodeType');
const ELEMENT = 1;
const FRAGMENT = 11;
const lengthOfList = getterOf(NodeList.prototype, 'length');
const ACTIVE = 'script,iframe,frame,object,embed,option';

/** What of a call's arguments makes a frame or runs a script when it is inserted, in tree order. */
function activeIn(args) {
  const active = { __proto__: null, scripts: list(), plugins: list(), markup: false, frames: false, options: false };
  for (let i = 0; i < args.length; i += 1) {
    if (typeof args[i] === 'string') active.markup = active.markup || namesFrame(args[i]);
    else if (isObject(args[i])) collect(args[i], active);
  }
  active.frames = active.frames || active.markup;
  if (active.frames) reserve(ROOM);
  return active;
}

function collect(node, active) {
  try {
    const type = apply(nodeTypeOf, node, []);
    let found;
    if (type === ELEMENT) {
      sort(node, apply(localNameOf, node, []), active);
      if (apply(firstElementOf, node, []) === null) return;
      found = elements.querySelectorAll(node, ACTIVE);
    } else if (type === FRAGMENT) found = apply(queryFragmentOf, node, [ACTIVE]);
    else return;
    const count = apply(lengthOfList, found, []);
    for (let i = 0; i < count; i += 1) sort(found[i], apply(localNameOf, found[i], []), active);
  } catch {
    active.markup = true; // given as an object, or a stack used up: reserve() tells
  }
}

function namesFrame(text) {
  if (indexOf(text, '<', 0) < 0) return false;
  const lower = toLowerCase(text);
  const has = (part) => indexOf(lower, part, 0) >= 0;
  return has('frame') || has('<object') || has('<embed') || has(':object') || has(':embed');
}

function sort(element, name, active) {
  if (name === 'script') active.scripts[active.scripts.length] = element;
  else if (name === 'object' || name === 'embed') {
    active.plugins[active.plugins.length] = element;
    active.frames = true;
  } else if (name === 'iframe' || name === 'frame') active.frames = true;
  else if (name === 'option') active.options = active.options || apply(firstElementOf, element, []) !== null;
}

/**
 * Scripts that are inserted together with frames would run before those are guarded: a comment
 * stands for each until then. Returns the arguments that the browser gets.
 */
function holdScripts(args, { scripts }, marks) {
  const passed = list();
  for (let i = 0; i < args.length; i += 1) passed[i] = args[i];
  for (let i = 0; i < scripts.length; i += 1) {
    const script = scripts[i];
    const mark = apply(createCommentOf, homeDocument, ['']);
    marks[i] = mark;
    let at = 0;
    while (at < passed.length && passed[at] !== script) at += 1;
    if (at < passed.length) {
      if (apply(parentOf, script, []) !== null) elements.remove(script);
      passed[at] = mark;
    } else elements.replaceWith(script, mark);
  }
  return passed;
}

function releaseScripts({ scripts }, marks) {
  for (let i = 0; i < marks.length; i += 1) {
    if (apply(parentOf, marks[i], []) !== null) apply(replaceDataOf, marks[i], [scripts[i]]);
  }
}

const inserting = [
  ['Node', ['appendChild', 'insertBefore', 'replaceChild']],
  ['Element', ['append', 'prepend', 'replaceChildren', 'before', 'after', 'replaceWith', 'moveBefore']],
  ['Element', ['insertAdjacentElement', 'insertAdjacentHTML', 'setHTML']],
  ['ShadowRoot', ['setHTML']],
  ['Document', ['append', 'prepend', 'replaceChildren', 'moveBefore']],
  ['HTMLSelectElement', ['add']],
  ['HTMLOptionsCollection', ['add']],
  ['DocumentFragment', ['append', 'prepend', 'replaceChildren', 'moveBefore']],
  ['CharacterData', ['before', 'after', 'replaceWith']],
  ['DocumentType', ['before', 'after', 'replaceWith']],
  ['Range', ['insertNode']],
];

export const prototypeOf = (win, name) => {
  const found = own(win, name);
  return isObject(found) ? get(found, 'prototype') : undefined;
};

/** Setters that insert. */
const assigning = [
  ['Element', ['innerHTML', 'outerHTML']],
  ['ShadowRoot', ['innerHTML']],
  ['Document', ['body']],
  ['HTMLTableElement', ['caption', 'tHead', 'tFoot']],
];

function parentNear(node) {
  try {
    return apply(parentOf, node, []);
  } catch {
    return null; // a range
  }
}

/** What code of the page may find in its midst: `active.plugins`, and all of the document's where there is markup. */
function hold(active, view, at) {
  if (active.plugins.length > 0 || active.markup) loading[at] = { __proto__: null, active, view };
}

function load({ active, view }) {
  for (let i = 0; i < active.plugins.length; i += 1) loadPlugin(active.plugins[i]);
  if (active.markup && view !== null && isObject(view.document)) loadPlugins(view.document);
}

/** `unsaid`: without anything in the arguments that says so. */
function insert(native, self, args, unsaid) {
  const view = viewNear(self); // a page's own code may move `self` meanwhile
  const active = activeIn(args);
  active.markup = active.markup || unsaid === true;
  const marks = list();
  const depth = underway.length;
  const waiting = loading.length;
  const around = active.frames ? parentNear(self) : null;
  let passed = args;
  try {
    if (view !== null && view !== home) underway[depth] = view;
    hold(active, view, waiting);
    if (active.frames && active.scripts.length > 0) passed = holdScripts(args, active, marks);
    return apply(native, self, passed);
  } finally {
    inserted(self);
    afterInsertion(self, args, active, around);
    underway.length = depth;
    loading.length = waiting;
    releaseScripts(active, marks);
  }
}

/**
 * A script in what is written runs within the call: what comes before it is written first. The page
 * may have given objects: each is made a text once.
 */
function write(native, self, args) {
  reserve(ROOM);
  const view = viewNear(self);
  const depth = underway.length;
  const waiting = loading.length;
  let text = '';
  for (let i = 0; i < args.length; i += 1) text += `${args[i]}`;
  let from = 0;
  try {
    // What is there already goes, and its listeners with it, unless the parser is at work.
    if (!empty(self)) return apply(native, self, [text]); // refused
    if (view !== null) arm(view);
    if (view !== null && view !== home) underway[depth] = view;
    hold(WRITTEN, view, waiting);
    for (;;) {
      const to = nextScript(text, from + 1);
      if (to < 0) break;
      apply(writeOf, self, [slice(text, from, to)]);
      from = to;
      inserted(self);
    }
    return apply(native, self, [slice(text, from)]);
  } finally {
    inserted(self);
    emptied(self);
    underway.length = depth;
    loading.length = waiting;
  }
}

const WRITTEN = { __proto__: null, plugins: list(), markup: true };
const writeOf = own(Document.prototype, 'write');

function empty(doc) {
  try {
    apply(writeOf, doc, ['']);
    return true;
  } catch {
    return false;
  }
}

function nextScript(text, from) {
  for (let at = indexOf(text, '<', from); at >= 0; at = indexOf(text, '<', at + 1)) {
    if (toLowerCase(slice(text, at + 1, at + 7)) === 'script') return at;
  }
  return -1;
}

function guardInsertions(win) {
  for (let i = 0; i < inserting.length; i += 1) {
    const prototype = prototypeOf(win, inserting[i][0]);
    if (prototype === undefined) continue;
    const names = inserting[i][1];
    for (let n = 0; n < names.length; n += 1) guardMethod(prototype, names[n], insert);
  }
  const read = (native, self, args) => apply(native, self, args);
  for (let i = 0; i < assigning.length; i += 1) {
    const prototype = prototypeOf(win, assigning[i][0]);
    if (prototype === undefined) continue;
    const names = assigning[i][1];
    for (let n = 0; n < names.length; n += 1) guardAccessor(prototype, names[n], read, insert);
  }
  const unsafe = (native, self, args) => insert(native, self, withoutRoots(args));
  guardMethod(prototypeOf(win, 'Element'), 'setHTMLUnsafe', unsafe);
  guardMethod(prototypeOf(win, 'ShadowRoot'), 'setHTMLUnsafe', unsafe);
  guardMethod(prototypeOf(win, 'Range'), 'surroundContents', (native, self, args) => {
    const done = insert(native, self, args);
    emptyAround(args[0]);
    return done;
  });
  const doc = prototypeOf(win, 'Document');
  const unsaid = (native, self, args) => insert(native, self, args, true);
  guardMethod(doc, 'execCommand', unsaid);
  guardMethod(doc, 'close', unsaid);
  guardMethod(doc, 'write', write);
  guardMethod(doc, 'writeln', write);
  // Opened anew, a document loses its listeners.
  guardMethod(doc, 'open', (native, self, args) => {
    const opened = apply(native, self, args);
    const view = viewNear(self);
    if (view !== null) arm(view);
    return isObject(opened) && opened !== self ? guardWindow(opened) : opened;
  });
  // `load` of a frame in a shadow tree stays there.
  guardMethod(prototypeOf(win, 'Element'), 'attachShadow', (native, self, args) => {
    const root = apply(native, self, args);
    listen(root, 'load', () => inserted(self), true);
    return root;
  });
}

/** The parser inserts without a call: an observer's turn comes before the next script's. */
function observeParser(win) {
  const doc = win.document;
  const observer = construct(SafeMutationObserver, [
    () => {
      loadPlugins(doc);
      sweep(win);
    },
  ]);
  apply(observeOf, observer, [doc, { __proto__: null, childList: true, subtree: true }]);
}
