// The calls by which a page inserts what may make a frame: when each returns, its frames are guarded.
import { guardAccessor, guardMethod } from './disguise.js';
import { afterInsertion, declaresFrames, emptied, emptyAround, trustedText, withoutRoots } from './options.js';
import { loadPlugins } from './plugins.js';
import { arm, documentOf, guardEach, guardWindow, inserted, isHome, loading, nodeOf, prototypeOf, sweep, underway, viewNear } from './realms.js';
import { setUnsafe } from './running.js';
import { attached, foreign, guardInserted, isInShadow, lookIntoForeign, lookIntoWritten, watch, whole } from './shadows.js';
import { ELEMENT, FRAGMENT, findAll, localNameOf, nodeType, parentOf } from './trees.js';
import {
  apply,
  attempt,
  construct,
  deleteProperty,
  detachedNode,
  getPrototypeOf,
  getterOf,
  indexOf,
  isObject,
  list,
  listen,
  natives,
  own,
  ownKeys,
  reserve,
  slice,
  toLowerCase,
} from './vault.js';

const ROOM = 2000; // calls that must fit on the stack before an insertion
const ACTIVE = 'script,iframe,frame,object,embed,option';
const elements = natives(Element.prototype, ['replaceWith', 'remove']);
const firstElementOf = getterOf(Element.prototype, 'firstElementChild');
const itemOf = own(HTMLCollection.prototype, 'item');
const replaceDataOf = own(getPrototypeOf(getPrototypeOf(detachedNode())), 'replaceWith');
const SafeMutationObserver = /** @type {any} */ (MutationObserver);
const observeOf = own(MutationObserver.prototype, 'observe');

const nothing = () => ({ __proto__: null, scripts: list(), plugins: list(), windows: list(), markup: false, frames: false, options: list() });

/**
 * What of a call's arguments makes a frame or runs a script when it is inserted, in tree order; undefined
 * if nothing does. Then the call has nothing to guard: code of a page that runs within it makes frames by
 * calls of its own.
 */
function activeIn(args) {
  let active;
  for (let i = 0; i < args.length; i += 1) {
    if (typeof args[i] === 'string') {
      if (namesFrame(args[i])) active = unseen(active);
    } else if (isObject(args[i])) active = collect(args[i], active);
  }
  return active;
}

function unseen(known) {
  const active = known ?? nothing();
  active.markup = true;
  active.frames = true;
  return active;
}

function collect(node, active) {
  try {
    const type = nodeType(node);
    if (type === ELEMENT) {
      active = sort(node, apply(localNameOf, node, []), active);
      if (apply(firstElementOf, node, []) === null) return active;
    } else if (type !== FRAGMENT) return active;
    const found = findAll(node, ACTIVE);
    for (let i = 0; i < found.length; i += 1) active = sort(found[i], apply(localNameOf, found[i], []), active);
  } catch {
    return unseen(active); // given as an object, or a stack used up: reserve() tells
  }
  return active;
}

function namesFrame(text) {
  if (indexOf(text, '<', 0) < 0) return false;
  const lower = toLowerCase(text);
  const has = (part) => indexOf(lower, part, 0) >= 0;
  return has('frame') || has('<object') || has('<embed') || has(':object') || has(':embed');
}

const KINDS = {
  __proto__: null,
  script: 'scripts',
  object: 'plugins',
  embed: 'plugins',
  iframe: 'windows',
  frame: 'windows',
  option: 'options',
};

function sort(element, name, known) {
  const kind = KINDS[name];
  if (kind === undefined || (kind === 'options' && apply(firstElementOf, element, []) === null)) return known;
  const active = known ?? nothing();
  const found = active[kind];
  found[found.length] = element;
  if (kind === 'plugins' || kind === 'windows') active.frames = true;
  return active;
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
    const mark = detachedNode();
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

// An interface that lacks one of the names has nothing to guard under it.
const INTERFACES = ['Node', 'Element', 'ShadowRoot', 'Document', 'HTMLSelectElement', 'DocumentFragment', 'CharacterData',
  'DocumentType', 'HTMLTableElement'];
const INSERTING = ['appendChild', 'insertBefore', 'replaceChild', 'append', 'prepend', 'replaceChildren', 'before', 'after',
  'replaceWith', 'moveBefore', 'insertAdjacentElement', 'add'];
const ASSIGNING = ['body', 'caption', 'tHead', 'tFoot'];

const insert = (native, self, args) => insertNear(self, native, self, args);
const insertInRange = (native, self, args) => insertNear(nodeOf(self), native, self, args);
const insertOption = (native, self, args) => insertNear(attempt(itemOf, self, [0]) ?? self, native, self, args);

/** `near` is a node of the tree that is inserted into; what a call is on needn't be one. */
function insertNear(near, native, self, args) {
  const active = activeIn(args);
  const taken = foreign(near, args);
  if (taken !== undefined) return takeOver(near, native, self, args, active, taken);
  return active === undefined ? apply(native, self, args) : insertActive(near, native, self, args, active);
}

/** Markup, which brings no nodes along. */
function insertMarkup(native, self, args) {
  let active;
  for (let i = 0; i < args.length; i += 1) {
    const text = isObject(args[i]) ? trustedText(args[i]) : args[i];
    if (typeof text === 'string' ? namesFrame(text) : isObject(args[i])) active = unseen(active);
  }
  return active === undefined ? apply(native, self, args) : insertActive(self, native, self, args, active);
}

/** Inserts what comes from another document. */
function takeOver(near, native, self, args, active, taken) {
  reserve(ROOM);
  try {
    return insertActive(near, native, self, args, active ?? nothing());
  } finally {
    lookIntoForeign(taken);
  }
}

function adopt(native, self, args) {
  const taken = foreign(self, args);
  const given = apply(native, self, args);
  if (taken !== undefined) {
    taken[taken.length] = given;
    lookIntoForeign(taken);
  }
  return given;
}

/** A call that says nothing of what it may insert: undoing, or moving what a range holds. */
function insertUnseen(near, native, self, args, after) {
  const named = activeIn(args);
  if (named !== undefined) watch(documentOf(near)); // maybe within a shadow tree
  return insertActive(near, native, self, args, unseen(named), after);
}

/** What code of the page may find in its midst: `active.plugins`, and all of the document's where there is markup. */
function hold(active, view) {
  if (active.plugins.length > 0 || active.markup) loading[loading.length] = { __proto__: null, active, view };
}

function insertActive(near, native, self, args, active, after = afterInsertion) {
  if (active.frames) reserve(ROOM);
  const view = viewNear(near); // a page's own code may move `self` meanwhile
  const marks = list();
  const depth = underway.length;
  const waiting = loading.length;
  const around = active.markup ? attempt(parentOf, near) ?? null : null; // it may be a collection
  let passed = args;
  try {
    if (view !== null && !isHome(view)) underway[depth] = view;
    hold(active, view);
    if (active.frames && active.scripts.length > 0) passed = holdScripts(args, active, marks);
    return apply(native, self, passed);
  } finally {
    inserted(near);
    // Out of a shadow tree a frame comes with the window that it had there.
    for (let i = 0; i < active.windows.length; i += 1) guardInserted(active.windows[i]);
    if (active.markup && isInShadow(around ?? near)) watch(documentOf(near));
    after(near, args, active, around);
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
    text = whole(self, text);
    // What is there already goes, and its listeners with it, unless the parser is at work.
    if (!empty(self)) return apply(native, self, [text]); // refused
    if (view !== null) arm(view);
    if (view !== null && !isHome(view)) underway[depth] = view;
    hold(WRITTEN, view);
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
    lookIntoWritten(self, text);
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

const read = (native, self, args) => apply(native, self, args);
function insertUnsafe(native, self, args, runs) {
  const passed = withoutRoots(args);
  const given = setUnsafe(native, self, passed, insert, runs);
  if (declaresFrames(passed)) watch(documentOf(self));
  return given;
}

const command = (native, self, args) => insertUnseen(self, native, self, args);
const surround = (native, self, args) => insertUnseen(nodeOf(self), native, self, args, () => emptyAround(args[0]));

/** Opened anew, a document loses its listeners. */
function open(native, self, args) {
  const opened = apply(native, self, args);
  const view = viewNear(self);
  if (view !== null) arm(view);
  return isObject(opened) && opened !== self ? guardWindow(opened) : opened;
}

/** `load` of a frame in a shadow tree stays there. */
function attachShadow(native, self, args) {
  const root = apply(native, self, args);
  listen(root, 'load', () => inserted(self), true);
  attached(self);
  return root;
}

const WRITTEN_INTO = ['Element', 'ShadowRoot', 'CharacterData', 'DocumentType'];

/**
 * The methods that take markup, `appendHTML` and its like too, which browsers are about to have. What is written
 * to a stream comes by no call on the tree: those that give one (`streamHTML`…) go.
 */
function guardMarkup(prototype) {
  const names = ownKeys(prototype);
  for (let i = 0; i < names.length; i += 1) {
    const name = names[i];
    const to = typeof name === 'string' ? indexOf(name, 'HTML', 0) : 0;
    if (to <= 0 || name === 'getHTML') continue;
    if (slice(name, 0, 6) === 'stream') deleteProperty(prototype, name);
    else if (slice(name, to) === 'HTML') {
      guardMethod(prototype, name, insertMarkup);
      guardAccessor(prototype, name, read, insertMarkup);
    }
    else guardMethod(prototype, name, (native, self, args) => insertUnsafe(native, self, args, name === 'setHTMLUnsafe'));
  }
}

/** Guards the inserting calls of one realm. */
export function guardInsertions(win) {
  guardEach(win, INTERFACES, INSERTING, insert, ASSIGNING, read, insert);
  guardMethod(prototypeOf(win, 'HTMLOptionsCollection'), 'add', insertOption);
  for (let i = 0; i < WRITTEN_INTO.length; i += 1) guardMarkup(prototypeOf(win, WRITTEN_INTO[i]));
  guardMethod(prototypeOf(win, 'Element'), 'attachShadow', attachShadow);
  const range = prototypeOf(win, 'Range');
  guardMethod(range, 'insertNode', insertInRange);
  guardMethod(range, 'surroundContents', surround);
  const doc = prototypeOf(win, 'Document');
  guardMethod(doc, 'execCommand', command);
  guardMethod(doc, 'close', command);
  guardMethod(doc, 'write', write);
  guardMethod(doc, 'writeln', write);
  guardMethod(doc, 'open', open);
  guardMethod(doc, 'adoptNode', adopt);
  guardMethod(doc, 'importNode', adopt);
}

/** The parser inserts without a call: an observer's turn comes before the next script's. */
export function observeParser(win) {
  const doc = win.document;
  const observer = construct(SafeMutationObserver, [
    () => {
      loadPlugins(doc);
      sweep(win);
    },
  ]);
  apply(observeOf, observer, [doc, { __proto__: null, childList: true, subtree: true }]);
}
