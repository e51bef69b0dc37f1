// Realms in which the extension's own scripts don't run in time: the initial empty documents of
// frames and popups. Each is guarded when it is made, or where a page first reaches it.
import { guardAccessor, guardMethod } from './disguise.js';
import {
  apply,
  construct,
  defineProperty,
  get,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  getterOf,
  indexOf,
  isObject,
  list,
  listen,
  nativeToString,
  own,
  reserve,
  slice,
  then,
  toLowerCase,
  weakMap,
  weakSet,
} from './vault.js';

const ROOM = 2000; // calls that must fit on the stack before an insertion
const ROOM_INSIDE = 500; // and before a window is guarded
const seenDocuments = weakSet();
const watched = weakMap(); // window -> the frames known of it
const ownerDocumentOf = getterOf(Node.prototype, 'ownerDocument');
const defaultViewOf = getterOf(Document.prototype, 'defaultView');
const startContainerOf = getterOf(AbstractRange.prototype, 'startContainer');
const offsetWidthOf = getterOf(HTMLElement.prototype, 'offsetWidth');
const SafeMutationObserver = /** @type {any} */ (MutationObserver);
const observeOf = own(MutationObserver.prototype, 'observe');
const home = window;
const homeDocument = document;
let guardRealm;

/** Guards one realm's roads to other realms. `guard` guards a whole realm. */
export function guardRealms(win, guard) {
  guardRealm = guard;
  seenDocuments.add(win.document);
  watch(win);
  guardInsertions(win);
  guardRoads(win);
  guardReactions(win);
  observeParser(win);
  // A frame that is there at once fires `load` within the call that inserts it.
  listen(win.document, 'load', () => sweep(win), true);
  sweep(win);
}

function watch(win) {
  const lengthOf = getterOf(win, 'length');
  if (lengthOf === undefined) return undefined;
  const record = { __proto__: null, win, lengthOf, frames: list() };
  watched.set(win, record);
  return record;
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
  seenDocuments.add(doc);
  try {
    if (isPristine(win)) guardRealm(win);
    else sweep(win);
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
function inserted(target) {
  look(homeRecord);
  const view = viewNear(target);
  if (view !== null && view !== home) sweep(view);
}

function viewOf(doc) {
  try {
    return apply(defaultViewOf, doc, []);
  } catch {
    return null;
  }
}

const localNameOf = getterOf(Element.prototype, 'localName');
const firstElementOf = getterOf(Element.prototype, 'firstElementChild');
const queryAllOf = own(Element.prototype, 'querySelectorAll');
const queryFragmentOf = own(getPrototypeOf(ShadowRoot.prototype), 'querySelectorAll');
const queryDocumentOf = own(Document.prototype, 'querySelectorAll');
const replaceWithOf = own(Element.prototype, 'replaceWith');
const removeOf = own(Element.prototype, 'remove');
const replaceDataOf = own(getPrototypeOf(getPrototypeOf(document.createComment(''))), 'replaceWith');
const parentOf = getterOf(Node.prototype, 'parentNode');
const createCommentOf = own(Document.prototype, 'createComment');
const nodeTypeOf = getterOf(Node.prototype, 'nodeType');
const ELEMENT = 1;
const FRAGMENT = 11;
const lengthOfList = getterOf(NodeList.prototype, 'length');
const PLUGINS = 'object,embed';
const ACTIVE = 'script,iframe,frame,object,embed';
const loaded = weakSet();

/** What of a call's arguments makes a frame or runs a script when it is inserted, in tree order. */
function activeIn(args) {
  const active = { __proto__: null, scripts: list(), plugins: list(), frames: false };
  for (let i = 0; i < args.length; i += 1) {
    if (typeof args[i] === 'string') active.frames = active.frames || namesFrame(args[i]);
    else if (isObject(args[i])) collect(args[i], active);
  }
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
      found = apply(queryAllOf, node, [ACTIVE]);
    } else if (type === FRAGMENT) found = apply(queryFragmentOf, node, [ACTIVE]);
    else return;
    const count = apply(lengthOfList, found, []);
    for (let i = 0; i < count; i += 1) sort(found[i], apply(localNameOf, found[i], []), active);
  } catch {
    active.frames = true; // markup as an object, or a stack used up: reserve() tells
  }
}

function namesFrame(text) {
  if (indexOf(text, '<', 0) < 0) return false;
  const lower = toLowerCase(text);
  return (
    indexOf(lower, 'frame', 0) >= 0 || indexOf(lower, '<object', 0) >= 0 || indexOf(lower, '<embed', 0) >= 0
  );
}

function sort(element, name, active) {
  if (name === 'script') active.scripts[active.scripts.length] = element;
  else if (name === 'object' || name === 'embed') {
    active.plugins[active.plugins.length] = element;
    active.frames = true;
  } else if (name === 'iframe' || name === 'frame') active.frames = true;
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
      if (apply(parentOf, script, []) !== null) apply(removeOf, script, []);
      passed[at] = mark;
    } else apply(replaceWithOf, script, [mark]);
  }
  return passed;
}

function releaseScripts({ scripts }, marks) {
  for (let i = 0; i < marks.length; i += 1) {
    if (apply(parentOf, marks[i], []) !== null) apply(replaceDataOf, marks[i], [scripts[i]]);
  }
}

/** `object` and `embed` get their frames at the next layout: have it now, before the page looks. */
function loadAll(found) {
  const count = apply(lengthOfList, found, []);
  for (let i = 0; i < count; i += 1) loadPlugin(found[i]);
}

function loadPlugin(element) {
  if (loaded.has(element)) return;
  loaded.add(element);
  try {
    apply(offsetWidthOf, element, []);
  } catch {
    return; // of that name, but not HTML's
  }
  // Chromium loads a plugin's frame at once when a script asks what the plugin itself offers.
  void element[0];
}

const inserting = [
  ['Node', ['appendChild', 'insertBefore', 'replaceChild']],
  ['Element', ['append', 'prepend', 'replaceChildren', 'before', 'after', 'replaceWith', 'moveBefore']],
  ['Element', ['insertAdjacentElement', 'insertAdjacentHTML', 'setHTML', 'setHTMLUnsafe']],
  ['Document', ['append', 'prepend', 'replaceChildren', 'moveBefore', 'execCommand', 'close']],
  ['HTMLSelectElement', ['add']],
  ['HTMLOptionsCollection', ['add']],
  ['DocumentFragment', ['append', 'prepend', 'replaceChildren', 'moveBefore']],
  ['CharacterData', ['before', 'after', 'replaceWith']],
  ['DocumentType', ['before', 'after', 'replaceWith']],
  ['Range', ['insertNode', 'surroundContents']],
];

const prototypeOf = (win, name) => {
  const found = own(win, name);
  return isObject(found) ? get(found, 'prototype') : undefined;
};

/** Setters that insert. */
const assigning = [
  ['Element', ['innerHTML', 'outerHTML']],
  ['Document', ['body']],
  ['HTMLTableElement', ['caption', 'tHead', 'tFoot']],
];

function insert(native, self, args) {
  const view = viewNear(self); // a page's own code may move `self` meanwhile
  const active = activeIn(args);
  const marks = list();
  let passed = args;
  try {
    if (active.frames && active.scripts.length > 0) passed = holdScripts(args, active, marks);
    return apply(native, self, passed);
  } finally {
    for (let i = 0; i < active.plugins.length; i += 1) loadPlugin(active.plugins[i]);
    inserted(self);
    if (view !== null && view !== home) sweep(view);
    releaseScripts(active, marks);
  }
}

/** A script in what is written runs within the call: what comes before it is written first. */
function write(native, self, args) {
  reserve(ROOM);
  const view = viewNear(self);
  let text = '';
  for (let i = 0; i < args.length; i += 1) {
    if (typeof args[i] !== 'string') return insert(native, self, args);
    text += args[i];
  }
  let from = 0;
  try {
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
    if (view !== null && view !== home) sweep(view);
  }
}

const writeOf = own(Document.prototype, 'write');

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
  const doc = prototypeOf(win, 'Document');
  guardMethod(doc, 'write', write);
  guardMethod(doc, 'writeln', write);
  // `load` of a frame in a shadow tree stays there.
  guardMethod(prototypeOf(win, 'Element'), 'attachShadow', (native, self, args) => {
    const root = apply(native, self, args);
    listen(root, 'load', () => inserted(self), true);
    return root;
  });
}

function guardRoads(win) {
  const reach = (native, self, args) => guardWindow(apply(native, self, args));
  const reachDocument = (native, self, args) => {
    const doc = apply(native, self, args);
    if (isObject(doc)) guardWindow(viewOf(doc));
    return doc;
  };
  const frames = ['HTMLIFrameElement', 'HTMLFrameElement', 'HTMLObjectElement', 'HTMLEmbedElement'];
  for (let i = 0; i < frames.length; i += 1) {
    const prototype = prototypeOf(win, frames[i]);
    if (prototype === undefined) continue;
    guardAccessor(prototype, 'contentWindow', reach);
    guardAccessor(prototype, 'contentDocument', reachDocument);
    guardMethod(prototype, 'getSVGDocument', reachDocument);
  }
  guardMethod(win, 'open', reach);
  const message = prototypeOf(win, 'MessageEvent');
  if (message !== undefined) guardAccessor(message, 'source', reach);
  const doc = prototypeOf(win, 'Document');
  guardAccessor(doc, 'defaultView', reach);
  const picture = prototypeOf(win, 'DocumentPictureInPicture');
  if (picture !== undefined) {
    guardAccessor(picture, 'window', reach);
    guardMethod(picture, 'requestWindow', (native, self, args) =>
      then(apply(native, self, args), guardWindow, (error) => {
        throw error;
      }),
    );
  }
  const pictureEvent = prototypeOf(win, 'DocumentPictureInPictureEvent');
  if (pictureEvent !== undefined) guardAccessor(pictureEvent, 'window', reach);
}

const reactions = [
  'connectedCallback',
  'disconnectedCallback',
  'connectedMoveCallback',
  'adoptedCallback',
  'attributeChangedCallback',
  'formAssociatedCallback',
  'formDisabledCallback',
];

/** Custom element reactions run inside an insertion: they look for new frames first. */
function guardReactions(win) {
  const registry = prototypeOf(win, 'CustomElementRegistry');
  if (registry === undefined) return;
  guardMethod(registry, 'define', (native, self, args) => {
    const constructor = args[1];
    const prototype = typeof constructor === 'function' ? own(constructor, 'prototype') : undefined;
    if (!isObject(prototype)) return apply(native, self, args);
    const undo = list();
    try {
      for (let i = 0; i < reactions.length; i += 1) wrapReaction(prototype, reactions[i], undo);
      return apply(native, self, args);
    } finally {
      for (let i = 0; i < undo.length; i += 1) undo[i]();
    }
  });
}

/** `define` reads each reaction once: the wrapped one stands there for as long as that takes. */
function wrapReaction(prototype, name, undo) {
  const before = getOwnPropertyDescriptor(prototype, name);
  const reaction = before === undefined ? undefined : own(prototype, name);
  if (typeof reaction !== 'function' || before.configurable !== true) return;
  defineProperty(prototype, name, {
    __proto__: null,
    value(...args) {
      inserted(this);
      return apply(reaction, this, args);
    },
    writable: true,
    enumerable: before.enumerable,
    configurable: true,
  });
  undo[undo.length] = () => defineProperty(prototype, name, before);
}

/** The parser inserts without a call: an observer's turn comes before the next script's. */
function observeParser(win) {
  const doc = win.document;
  const observer = construct(SafeMutationObserver, [
    () => {
      loadAll(apply(queryDocumentOf, doc, [PLUGINS]));
      sweep(win);
    },
  ]);
  apply(observeOf, observer, [doc, { __proto__: null, childList: true, subtree: true }]);
}
