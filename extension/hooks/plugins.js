// `object` and `embed`: Chromium makes their windows at a layout, or as soon as a script asks one of them
// anything, by no call that could be guarded. So each gets its window when it comes into a document or is
// changed, while no code of the page can run: one that isn't shown yet, by being shown for that moment.
import { guardAccessor, guardMethod } from './disguise.js';
import { takenOut } from './options.js';
import { inserted, prototypeOf, viewOf } from './realms.js';
import { findAll, nodeType } from './trees.js';
import { apply, attempt, getterOf, indexOf, isObject, natives, own, reserve, slice, weakMap } from './vault.js';

const XHTML = 'http://www.w3.org/1999/xhtml';
const ATTRIBUTE = 2;
export const byLayout = typeof webkitRTCPeerConnection === 'function'; // else by the network
const ROOM = 1000; // calls that must fit on the stack before a change
const known = weakMap(); // plugin -> its window, and what that was made for
let held; // the one that is shown for a moment

const nodes = natives(Node.prototype, ['isConnected', 'ownerDocument', 'parentNode', 'nextSibling', 'getRootNode', 'appendChild']);
const elements = natives(Element.prototype, [
  'localName', 'getClientRects', 'moveBefore', 'remove', 'getAttribute', 'setAttribute', 'removeAttribute',
]);
const html = natives(HTMLElement.prototype, ['offsetWidth', 'style']);
const documents = natives(Document.prototype, ['createElementNS', 'documentElement']);
const styles = natives(CSSStyleDeclaration.prototype, ['setProperty', 'getPropertyValue', 'getPropertyPriority']);
const closedOf = getterOf(window, 'closed');
const lengthOfRects = getterOf(DOMRectList.prototype, 'length');
const frameElementOf = getterOf(window, 'frameElement');
const ownerElementOf = getterOf(Attr.prototype, 'ownerElement');
const itemOf = own(NamedNodeMap.prototype, 'item');

/** Whether one, or this one, is being shown for a moment: nothing of that is for the page to hear. */
export const isHeld = (target = held) => held !== undefined && held === target;

/** Gives the window that this element is to have, now. */
export function loadPlugin(element) {
  if (held !== undefined || !byLayout) return;
  try {
    if (!nodes.isConnected(element)) return;
    html.offsetWidth(element);
  } catch {
    return; // of that name, but not HTML's
  }
  void element[0];
  const doc = nodes.ownerDocument(element);
  const view = viewOf(doc);
  // Nobody gets to a window in a shadow tree but by accessors that are guarded.
  if (view === null || nodes.getRootNode(element) !== doc) return;
  const type = elements.getAttribute(element, 'type');
  const isEmbed = elements.localName(element) === 'embed';
  const address = elements.getAttribute(element, isEmbed ? 'src' : 'data');
  const kind = `${type} ${address} ${elements.getAttribute(element, 'classid')}`;
  const before = known.get(element);
  const now = { __proto__: null, kind, view: windowOf(element, view) };
  known.set(element, now);
  if (now.view !== undefined || isShown(element)) return;
  if (before !== undefined && (before.view === undefined ? before.kind === kind : !apply(closedOf, before.view, []))) {
    now.view = before.view;
    return;
  }
  if (type !== null && slice(type, 0, 6) === 'image/' && indexOf(type, 'svg', 6) < 0) return; // never has one
  held = element;
  try {
    if (isEmbed) {
      elements.setAttribute(element, 'src', 'about:blank');
      elements.setAttribute(element, 'type', 'text/html');
    }
    whileShown(element, doc, () => {
      void element[0];
      now.view = windowOf(element, view);
    });
    // Once it is shown it loads its own into the window that it has. An object wouldn't.
    if (isEmbed) {
      restore(element, 'src', address);
      restore(element, 'type', type);
    }
  } finally {
    held = undefined;
  }
}

/** The window of an element that has just got it: then it is of the page's origin whatever comes into it. */
function windowOf(element, view) {
  for (let i = 0; isObject(view[i]); i += 1) if (frameOf(view[i]) === element) return view[i];
  return undefined;
}

const isShown = (element) => apply(lengthOfRects, elements.getClientRects(element), []) > 0;

/** Shows it where it is, else at the end of the document, else together with the frame of that. */
function whileShown(element, doc, act) {
  const hide = show(element);
  const parent = nodes.parentNode(element);
  if (isShown(element)) act();
  else if (parent !== doc) whileMoved(element, doc, parent, act);
  hide();
  void isShown(element); // no longer, from here on
}

function whileMoved(element, doc, parent, act) {
  const root = documents.documentElement(doc);
  const next = nodes.nextSibling(element);
  const place = documents.createElementNS(doc, XHTML, 'i');
  const hide = show(root);
  show(place);
  nodes.appendChild(root, place);
  elements.moveBefore(place, element, null);
  if (isShown(element)) act();
  else {
    const frame = frameOf(viewOf(doc));
    if (frame !== null) whileShown(frame, nodes.ownerDocument(frame), act);
  }
  elements.moveBefore(parent, element, next);
  elements.remove(place);
  hide();
}

const frameOf = (view) => attempt(frameElementOf, view) ?? null;

function restore(element, name, value) {
  if (value === null) elements.removeAttribute(element, name);
  else if (elements.getAttribute(element, name) !== value) elements.setAttribute(element, name, value);
}

/** Shows an element whatever the page's styles say. Returns what undoes it. */
function show(element) {
  const text = elements.getAttribute(element, 'style');
  const style = html.style(element);
  const value = styles.getPropertyValue(style, 'display');
  const priority = styles.getPropertyPriority(style, 'display');
  styles.setProperty(style, 'display', 'block', 'important');
  return () => {
    styles.setProperty(style, 'display', value, priority);
    restore(element, 'style', text);
  };
}

/** The same for all in a document, which the parser may have put there. */
export function loadPlugins(doc) {
  const found = findAll(doc, 'object,embed,option iframe,option frame');
  for (let i = 0; i < found.length; i += 1) if (!takenOut(found[i])) loadPlugin(found[i]);
}

/** Whether a call says the name of its attribute, as its argument `at`, and that is none of those that matter. */
function isIdle(args, at) {
  if (at === undefined || args.length <= at || typeof args[at] !== 'string') return false;
  const { length } = args[at]; // src, type, data, code, classid
  return length !== 4 && length !== 3 && length !== 7;
}

const NAMED = { __proto__: null, setAttribute: 0, setAttributeNS: 1, removeAttribute: 0, removeAttributeNS: 1, toggleAttribute: 0 };

/** The element whose attributes a call changes. */
const owners = {
  __proto__: null,
  element: (self) => self,
  attribute: (self) => apply(ownerElementOf, self, []),
  node: (self) => (nodeType(self) === ATTRIBUTE ? apply(ownerElementOf, self, []) : null),
  list: (self) => apply(ownerElementOf, apply(itemOf, self, [0]), []),
};

const changing = [
  ['Element', 'element', ['setAttribute', 'setAttributeNS', 'setAttributeNode', 'setAttributeNodeNS', 'removeAttribute',
    'removeAttributeNS', 'removeAttributeNode', 'toggleAttribute'], []],
  ['NamedNodeMap', 'list', ['setNamedItem', 'setNamedItemNS', 'removeNamedItem', 'removeNamedItemNS'], []],
  ['HTMLObjectElement', 'element', [], ['data', 'type']],
  ['HTMLEmbedElement', 'element', [], ['src', 'type']],
  ['Attr', 'attribute', [], ['value']],
  ['Node', 'node', [], ['nodeValue', 'textContent']],
];

/** Guards what changes attributes in one realm. */
export function guardPlugins(win) {
  if (!byLayout) return;
  const read = (native, self, args) => apply(native, self, args);
  for (let i = 0; i < changing.length; i += 1) {
    const prototype = prototypeOf(win, changing[i][0]);
    if (prototype === undefined) continue;
    const owner = owners[changing[i][1]];
    const methods = changing[i][2];
    const accessors = changing[i][3];
    const changeBy = (at) => (native, self, args) => {
      if (isIdle(args, at)) return apply(native, self, args);
      const before = pluginBehind(owner, self);
      if (before === null && owner !== owners.list) return apply(native, self, args);
      reserve(ROOM);
      const given = apply(native, self, args);
      const element = before ?? pluginBehind(owner, self); // a list may have been empty
      if (element !== null) {
        loadPlugin(element);
        inserted(element);
      }
      return given;
    };
    for (let n = 0; n < methods.length; n += 1) guardMethod(prototype, methods[n], changeBy(NAMED[methods[n]]));
    for (let n = 0; n < accessors.length; n += 1) guardAccessor(prototype, accessors[n], read, changeBy(undefined));
  }
}

function pluginBehind(owner, self) {
  try {
    const element = owner(self);
    if (element === null) return null;
    const name = elements.localName(element);
    return name === 'object' || name === 'embed' ? element : null;
  } catch {
    return null;
  }
}
