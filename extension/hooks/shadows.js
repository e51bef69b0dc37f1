// Frames in shadow trees, which no window lists. Code of a page runs in their first documents without any
// call that could be guarded: as their address, or as that of a link to their name. It does so in a task of its
// own; the bridge opens all trees of a document in which there may be such a frame, and finds it before.
import { askOfTrees, onFrame } from './channel.js';
import { guardMethod } from './disguise.js';
import { byLayout } from './plugins.js';
import { documentOf, guardFrame, guardWindow, isServed, prototypeOf, viewOf } from './realms.js';
import { FRAGMENT, nodeType, rootOf } from './trees.js';
import { apply, attempt, domException, getterOf, indexOf, isObject, list, natives, own, slice, split, toLowerCase, weakMap, weakSet } from './vault.js';

const written = weakSet(); // documents into which a tree may have been written
const cut = weakMap(); // document of another realm -> the beginning of a tag
const opened = weakSet(); // contents of templates that were looked at
const documents = natives(Document.prototype, ['createElement', 'readyState']);
const nodes = natives(Node.prototype, ['firstChild', 'nextSibling']);
const removeOf = own(Element.prototype, 'remove');
const hostOf = getterOf(ShadowRoot.prototype, 'host');
const contentOf = getterOf(HTMLTemplateElement.prototype, 'content');
const homeDocument = document;
let isWatching = false;
let inTemplates; // the document of what templates of this one hold

onFrame((doc) => void guardWindow(viewOf(doc)));

/** Has the bridge find the frames in all trees of a document from now on. Returns whether it does. */
export function watch(doc) {
  isWatching = true;
  return askOfTrees('watch', isLive(doc) ? doc : homeDocument) !== '';
}

/** A tree was attached, of which no observer hears. */
export function attached(host) {
  if (isWatching && isLive(documentOf(host))) askOfTrees('tree', host);
}

/** A frame was inserted. */
export function guardInserted(element) {
  guardFrame(element);
  if (!isInShadow(element)) return;
  const doc = documentOf(element);
  // A tree of a template in another realm's document comes into that without a call of ours.
  const isForeign = !isServed(doc) && !isLive(doc) && doc !== templates();
  // A frame that was taken out has no bridge any more.
  if (isForeign || (!watch(doc) && !isLive(homeDocument))) apply(removeOf, element, []);
}

function templates() {
  inTemplates ??= documentOf(apply(contentOf, documents.createElement(homeDocument, 'template'), []));
  return inTemplates;
}

export function isInShadow(node) {
  const root = attempt(rootOf, node);
  return isObject(root) && nodeType(root) === FRAGMENT && isObject(attempt(hostOf, root));
}

/**
 * What a call takes over from another document, maybe with trees that nobody here has seen the making of;
 * undefined if it takes nothing over. The bridge can't be handed nodes of a document whose frame is gone.
 */
export function foreign(near, args) {
  let found;
  for (let i = 0; i < args.length; i += 1) {
    const from = isObject(args[i]) ? documentOf(args[i]) : undefined;
    if (from === undefined || from === documentOf(near)) continue;
    if (documentOf(near) === homeDocument && from === templates()) continue;
    found ??= list();
    found[found.length] = args[i];
    for (let child = nodes.firstChild(args[i]); child !== null; child = nodes.nextSibling(child)) found[found.length] = child;
  }
  return found;
}

/** Has the frames found that came with it. */
export function lookIntoForeign(taken) {
  for (let i = 0; i < taken.length; i += 1) {
    const doc = documentOf(taken[i]);
    if (isLive(doc) && holdsFrames(taken[i])) watch(doc);
  }
}

const isLive = (doc) => viewOf(doc) !== null;

function holdsFrames(node) {
  const answer = askOfTrees('holds', node);
  // A frame that was taken out has no bridge any more.
  if (answer === '' && !isLive(homeDocument)) throw domException('Operation is not supported', 'NotSupportedError');
  return answer === 'yes';
}

/** A template's content may hold trees that the parser made. */
export function lookIntoTemplate(template, content) {
  const doc = documentOf(template);
  if (opened.has(content) || !(isLive(doc) || doc === templates())) return;
  if (documents.readyState(homeDocument) !== 'loading') opened.add(content);
  if (!holdsFrames(content)) return;
  watch(homeDocument);
  watch(doc);
}

/** What is written of a text: where another realm's calls could end a tag, the beginning of one waits. */
export function whole(doc, text) {
  if (!isObject(doc) || isServed(doc)) return text;
  const all = `${cut.get(doc) ?? ''}${text}`;
  const parts = split(all, '<');
  const last = parts[parts.length - 1];
  const end = parts.length > 1 && indexOf(last, '>', 0) < 0 ? all.length - last.length - 1 : all.length;
  cut.set(doc, slice(all, end));
  return slice(all, 0, end);
}

/** Something was written into a document: maybe a tree, or the beginning of the tag that makes one. */
export function lookIntoWritten(doc, text) {
  if (!isObject(doc)) return; // refused
  if (!written.has(doc)) {
    const parts = split(toLowerCase(text), '<');
    const last = parts.length - 1;
    if (last < 1) return;
    let isTree = !isServed(doc) || indexOf(parts[last], '>', 0) < 0;
    for (let i = 1; i <= last && !isTree; i += 1) isTree = indexOf(parts[i], 'template', 0) === 0;
    if (!isTree) return;
    written.add(doc);
  }
  isWatching = true;
  if (isLive(doc)) askOfTrees('written', doc);
}

/** Firefox: requests and questions that are waited for have tasks run meanwhile. */
export function guardWaits(win) {
  if (byLayout) return;
  const wait = (native, self, args) => {
    if (isWatching) askOfTrees('look', null);
    return apply(native, self, args);
  };
  const asking = ['alert', 'confirm', 'prompt', 'print'];
  for (let i = 0; i < asking.length; i += 1) guardMethod(win, asking[i], wait);
  guardMethod(prototypeOf(win, 'XMLHttpRequest'), 'send', wait);
}
