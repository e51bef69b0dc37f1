// Looking through trees of nodes by the browser's own means.
import { apply, getPrototypeOf, getterOf, list, own } from './vault.js';

const queries = {
  __proto__: null,
  1: own(Element.prototype, 'querySelectorAll'),
  9: own(Document.prototype, 'querySelectorAll'),
  11: own(getPrototypeOf(ShadowRoot.prototype), 'querySelectorAll'),
};
const nodeTypeOf = getterOf(Node.prototype, 'nodeType');
const lengthOfList = getterOf(NodeList.prototype, 'length');

export const ELEMENT = 1;
export const FRAGMENT = 11; // a shadow root, too
export const localNameOf = getterOf(Element.prototype, 'localName');
export const parentOf = getterOf(Node.prototype, 'parentNode');
export const ownerDocumentOf = getterOf(Node.prototype, 'ownerDocument');
export const rootOf = own(Node.prototype, 'getRootNode');

export const nodeType = (node) => apply(nodeTypeOf, node, []);

/** The elements below a node that a selector fits, in tree order. Throws for what isn't such a node. */
export function findAll(root, selector) {
  const found = apply(queries[nodeType(root)], root, [selector]);
  const all = list();
  const count = apply(lengthOfList, found, []);
  for (let i = 0; i < count; i += 1) all[i] = found[i];
  return all;
}
