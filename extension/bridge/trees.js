// Opens shadow trees, closed ones too, as only this world can. Frames in those that are cloned or written come
// by no call that the hooks could guard; code as their address runs in a task, and this comes before it.

const HOSTS = /^(article|aside|blockquote|body|div|footer|h[1-6]|header|main|nav|p|section|span)$|-/;
const CHILDREN = { childList: true, subtree: true };
const FRAMES = 'iframe,frame';
const observers = new Map(); // of the documents that are watched

function rootOf(element) {
  if (!HOSTS.test(element.localName) || element.namespaceURI !== 'http://www.w3.org/1999/xhtml') return null;
  return globalThis.chrome?.dom ? chrome.dom.openOrClosedShadowRoot(element) : element.openOrClosedShadowRoot;
}

/** A node and the shadow trees at and below it, and in each other. */
function treesBelow(node) {
  const trees = [node];
  const open = (element) => {
    const root = rootOf(element);
    if (root) trees.push(root);
  };
  if (node.nodeType === 1) open(node);
  for (const tree of trees) tree.querySelectorAll?.('*').forEach(open);
  return trees;
}

/** Whether there are frames in the shadow trees at and below a node. */
export const holdsFrames = (node) => treesBelow(node).slice(1).some((root) => root.querySelector(FRAMES));

/** Calls `found` with the document of each frame below a node, in shadow trees too, which `each` gets. */
function seeBelow(node, found, each) {
  const give = ({ contentDocument }) => {
    if (contentDocument) found(contentDocument);
  };
  give(node);
  for (const tree of treesBelow(node)) {
    if (tree !== node) each(tree);
    tree.querySelectorAll?.(FRAMES).forEach(give);
  }
}

/** Calls `found` with the document of each frame in a document, in shadow trees too, from now on. */
export function watch(doc, found) {
  if (observers.has(doc)) return;
  const take = (records) => {
    for (const { addedNodes } of records) addedNodes.forEach(see);
  };
  const observer = new MutationObserver(take);
  const see = (node) => seeBelow(node, found, (root) => observer.observe(root, CHILDREN));
  observers.set(doc, { see, look: () => take(observer.takeRecords()) });
  observer.observe(doc, CHILDREN);
  see(doc);
}

/** What has changed by now in what is watched. */
export function look() {
  for (const watched of observers.values()) watched.look();
}

/** A tree was made, of which no observer hears. */
export function seeTree(host) {
  observers.get(host.ownerDocument)?.see(host);
}

/**
 * Something was written into a document. The parser may add a tree to an element that is there already,
 * wherever scripts have put that meanwhile.
 */
export function written(doc, found) {
  watch(doc, found);
  const docs = new Set([document]);
  for (let view = window; view !== view.parent; view = view.parent) {
    try {
      docs.add(view.parent.document);
    } catch {
      // Of another origin.
    }
  }
  for (const one of docs) {
    observers.get(one)?.see(one);
    seeBelow(one, (inside) => {
      found(inside);
      docs.add(inside);
    }, () => {});
  }
}
