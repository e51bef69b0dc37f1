// `setHTMLUnsafe` may run the scripts of its markup (`runScripts`), in the midst of the call. What would is
// parsed by a range instead, and inserted like any other tree: its scripts wait until its frames are guarded.
import { localNameOf, nodeType } from './trees.js';
import { apply, get, getPrototypeOf, indexOf, isObject, natives, own, toLowerCase } from './vault.js';

const NOT_YET = { __proto__: null }; // thrown where the browser reads its options: it does nothing then
const { createRange } = natives(Document.prototype, ['createRange']);
const ranges = natives(Range.prototype, ['selectNodeContents', 'createContextualFragment']);
const fill = { __proto__: null, 1: own(Element.prototype, 'replaceChildren'), 11: own(getPrototypeOf(ShadowRoot.prototype), 'replaceChildren') };

/** `setHTMLUnsafe`, with `insert(native, self, args)` for what inserts; a method of another place never `runs` scripts. */
export function setUnsafe(native, self, args, insert, runs) {
  const options = args[1];
  if (!isObject(options) || (!isObject(args[0]) && indexOf(toLowerCase(args[0]), '<script', 0) < 0)) return insert(native, self, args);
  const passed = {
    __proto__: null,
    get runScripts() {
      if (get(options, 'runScripts')) throw NOT_YET;
      return false;
    },
    get sanitizer() {
      return get(options, 'sanitizer');
    },
  };
  try {
    return insert(native, self, [args[0], passed]);
  } catch (error) {
    if (error !== NOT_YET) throw error;
  }
  const sanitizer = get(options, 'sanitizer');
  const type = nodeType(self);
  // A range can't leave anything out, and knows nothing of templates: there no script runs, now or later.
  if (!runs || sanitizer !== undefined || (type === 1 && apply(localNameOf, self, []) === 'template')) {
    return insert(native, self, [args[0], { __proto__: null, sanitizer }]);
  }
  const range = createRange(document);
  ranges.selectNodeContents(range, self);
  insert(fill[type], self, [ranges.createContextualFragment(range, args[0])]);
}
