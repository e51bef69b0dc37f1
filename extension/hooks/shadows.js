// Frames in shadow trees, which no window lists. Code of a page runs in their first documents without any
// call that could be guarded: as their address, or as that of a link to their name.
import { guardFrame } from './realms.js';
import { findAll } from './trees.js';
import { apply, deref, getterOf, list, own, weakRef, weakSet } from './vault.js';

const seen = weakSet();
const frames = list(); // weak references: a frame has another window each time it comes into a document
const hostOf = getterOf(ShadowRoot.prototype, 'host');
const getRootNodeOf = own(Node.prototype, 'getRootNode');
const shadowRootOf = getterOf(Element.prototype, 'shadowRoot');

/** Guards the frames that calls have put into shadow trees: what was inserted now may hold such a tree. */
export function lookInShadows() {
  let kept = 0;
  for (let i = 0; i < frames.length; i += 1) {
    const frame = deref(frames[i]);
    if (frame === undefined) continue;
    frames[kept] = frames[i];
    kept += 1;
    guardFrame(frame);
  }
  frames.length = kept;
}

/** A frame was inserted: guards it, and from now on if it is in a shadow tree. */
export function guardInserted(element) {
  guardFrame(element);
  if (shadowAround(element) === undefined || seen.has(element)) return;
  seen.add(element);
  frames[frames.length] = weakRef(element);
}

function shadowAround(node) {
  try {
    const root = apply(getRootNodeOf, node, []);
    return apply(hostOf, root, []) && root;
  } catch {
    return undefined; // in none
  }
}

/** The same for markup that was inserted near a node. */
export function guardMarkup(node) {
  const root = shadowAround(node);
  if (root === undefined) return;
  const found = findAll(root, 'iframe,frame');
  for (let i = 0; i < found.length; i += 1) guardInserted(found[i]);
}

/** The same for the trees that markup has declared below a node. */
export function guardDeclared(node) {
  const found = findAll(node, '*');
  for (let i = 0; i < found.length; i += 1) {
    const root = apply(shadowRootOf, found[i], []);
    if (root === null) continue;
    guardMarkup(root);
    guardDeclared(root);
  }
}
