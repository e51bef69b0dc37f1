// Realms in which the extension's own scripts don't run in time: the initial empty documents of
// frames and popups. Each is guarded when it is made, or where a page first reaches it.
import { guardAccessor, guardMethod } from './disguise.js';
import {
  apply,
  construct,
  defineProperty,
  get,
  getOwnPropertyDescriptor,
  getterOf,
  indexOf,
  isObject,
  list,
  nativeToString,
  own,
  then,
  weakMap,
  weakSet,
} from './vault.js';

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
  try {
    const { document: doc } = win; // unforgeable; throws for another origin
    if (doc === null || seenDocuments.has(doc)) return win;
    seenDocuments.add(doc);
    if (isPristine(win)) guardRealm(win);
    else sweep(win);
  } catch {
    // Another origin: the page can't reach into it either.
  }
  return win;
}

/** Whether no copy of the hooks was here. A guarded function has no name in its source text. */
function isPristine(win) {
  const method = own(get(own(win, 'Function'), 'prototype'), 'toString');
  return indexOf(apply(nativeToString, method, []), 'toString', 0) >= 0;
}

const homeRecord = watch(home);

/** After a call that may have inserted frames into the tree of `target`. */
function inserted(target) {
  look(homeRecord);
  let doc = target;
  try {
    doc = apply(ownerDocumentOf, target, []) ?? target;
  } catch {
    try {
      doc = apply(ownerDocumentOf, apply(startContainerOf, target, []), []);
    } catch {
      return;
    }
  }
  if (doc === homeDocument || !isObject(doc)) return;
  const view = viewOf(doc);
  if (view !== null) sweep(view);
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
const queryDocumentOf = own(Document.prototype, 'querySelectorAll');
const lengthOfList = getterOf(NodeList.prototype, 'length');
const PLUGINS = 'object,embed';
const loaded = weakSet();

/** `object` and `embed` get their frames at the next layout: have it now, before the page looks. */
function loadPlugins(node) {
  if (!isObject(node)) return;
  let name;
  try {
    name = apply(localNameOf, node, []);
    if (name === 'object' || name === 'embed') loadPlugin(node);
    if (apply(firstElementOf, node, []) !== null) loadAll(apply(queryAllOf, node, [PLUGINS]));
  } catch {
    // Not an element.
  }
}

function loadAll(found) {
  const count = apply(lengthOfList, found, []);
  for (let i = 0; i < count; i += 1) loadPlugin(found[i]);
}

function loadPlugin(element) {
  if (loaded.has(element)) return;
  loaded.add(element);
  apply(offsetWidthOf, element, []);
  // Chromium loads a plugin's frame at once when a script asks what the plugin itself offers.
  void element[0];
}

const inserting = [
  ['Node', ['appendChild', 'insertBefore', 'replaceChild']],
  ['Element', ['append', 'prepend', 'replaceChildren', 'before', 'after', 'replaceWith', 'moveBefore']],
  ['Element', ['insertAdjacentElement', 'insertAdjacentHTML', 'setHTML', 'setHTMLUnsafe']],
  ['Document', ['append', 'prepend', 'replaceChildren', 'moveBefore', 'write', 'writeln', 'execCommand']],
  ['DocumentFragment', ['append', 'prepend', 'replaceChildren', 'moveBefore']],
  ['CharacterData', ['before', 'after', 'replaceWith']],
  ['DocumentType', ['before', 'after', 'replaceWith']],
  ['Range', ['insertNode', 'surroundContents']],
];

const prototypeOf = (win, name) => {
  const found = own(win, name);
  return isObject(found) ? get(found, 'prototype') : undefined;
};

function guardInsertions(win) {
  const call = (native, self, args) => {
    try {
      return apply(native, self, args);
    } finally {
      for (let i = 0; i < args.length; i += 1) loadPlugins(args[i]);
      inserted(self);
    }
  };
  for (let i = 0; i < inserting.length; i += 1) {
    const prototype = prototypeOf(win, inserting[i][0]);
    if (prototype === undefined) continue;
    const names = inserting[i][1];
    for (let n = 0; n < names.length; n += 1) guardMethod(prototype, names[n], call);
  }
  const element = prototypeOf(win, 'Element');
  const read = (native, self, args) => apply(native, self, args);
  guardAccessor(element, 'innerHTML', read, call);
  guardAccessor(element, 'outerHTML', read, call);
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
