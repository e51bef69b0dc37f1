// A select takes an option by index (`select[0] = option`), and `selectedcontent` mirrors one, without a
// call that could be guarded: an option must not hold a frame in the first place. HTML has no use for one.
import { guardAccessor, guardMethod } from './disguise.js';
import { guardEach, prototypeOf } from './realms.js';
import { lookIntoTemplate, watch } from './shadows.js';
import { findAll, nodeType, parentOf } from './trees.js';
import {
  apply,
  attempt,
  get,
  indexOf,
  isObject,
  natives,
  own,
  slice,
  split,
  toLowerCase,
} from './vault.js';

const FRAMES = 'option iframe,option frame,option object,option embed';
const elements = natives(Element.prototype, ['closest', 'remove']);

/** Takes the frames out of all options below `root`, which is given back. */
export function emptied(root) {
  if (!isObject(root)) return root;
  try {
    const found = findAll(root, FRAMES);
    for (let i = 0; i < found.length; i += 1) elements.remove(found[i]);
  } catch {
    // Not a node.
  }
  return root;
}

/** The same for what a call has put into or around `node`. */
export function emptyAround(node) {
  try {
    const element = nodeType(node) === 1 ? node : apply(parentOf, node, []);
    emptied(element === null ? node : elements.closest(element, 'option') ?? node);
  } catch {
    emptied(node); // a document or a fragment
  }
}

/** Takes a frame out if it is in an option. Returns whether it was. */
export function takenOut(element) {
  const isInOption = elements.closest(element, 'option') !== null;
  if (isInOption) elements.remove(element);
  return isInOption;
}

/** After a call that inserted what is `active`, next to `near` or to its parent before the call, `around`. */
export function afterInsertion(near, args, active, around) {
  for (let i = 0; i < active.windows.length; i += 1) takenOut(active.windows[i]);
  for (let i = 0; i < active.plugins.length; i += 1) takenOut(active.plugins[i]);
  for (let i = 0; i < active.options.length; i += 1) emptied(active.options[i]);
  if (!active.markup) return;
  emptyAround(near);
  if (around !== null) emptyAround(around);
  for (let i = 0; i < args.length; i += 1) if (isObject(args[i])) emptyAround(args[i]);
}

const Trusted = /** @type {any} */ (globalThis).TrustedHTML;
const trustedTextOf = Trusted && own(get(Trusted, 'prototype'), 'toString');

/** What a TrustedHTML stands for; undefined for anything else. */
export const trustedText = (value) => trustedTextOf && attempt(trustedTextOf, value);

const ROOT = 'shadowrootmode';

const has = (lower, part) => indexOf(lower, part, 0) >= 0;

/** Whether markup may hold a shadow tree with a frame. */
export function declaresFrames(args) {
  const lower = toLowerCase(`${args[0]}`);
  return has(lower, ROOT) && has(lower, 'frame');
}

/** Nobody could look for options in a closed shadow tree that markup declares: with frames there is none. */
export function withoutRoots(args) {
  if (args.length === 0 || (typeof args[0] !== 'string' && !isObject(args[0]))) return args;
  const text = `${args[0]}`;
  const lower = toLowerCase(text);
  if (!has(lower, ROOT) || !has(lower, 'option') || !(has(lower, 'frame') || has(lower, 'object') || has(lower, 'embed'))) {
    return trustedText(args[0]) !== undefined ? args : [text, args[1]];
  }
  const parts = split(lower, ROOT);
  let plain = '';
  let from = 0;
  for (let i = 0; i < parts.length; i += 1) {
    const part = lower.length === text.length ? slice(text, from, from + parts[i].length) : parts[i];
    plain += i === 0 ? part : `data-root${part}`;
    from += parts[i].length + ROOT.length;
  }
  return [plain, args[1]];
}

/** Where else a page gets trees that nobody watched in the making. */
const INTERFACES = ['DOMParser', 'Range', 'XSLTProcessor', 'XMLHttpRequest', 'Element', 'ElementInternals'];
const MAKING = ['parseFromString', 'createContextualFragment', 'transformToFragment', 'transformToDocument'];
const HOLDING = ['response', 'responseXML', 'shadowRoot'];

/** Guards them in one realm. */
export function guardOptions(win) {
  const give = (native, self, args) => emptied(apply(native, self, args));
  guardEach(win, INTERFACES, MAKING, give, HOLDING, give);
  guardAccessor(prototypeOf(win, 'HTMLTemplateElement'), 'content', (native, self, args) => {
    const content = emptied(apply(native, self, args));
    lookIntoTemplate(self, content);
    return content;
  });
  const doc = own(win, 'Document');
  guardMethod(doc, 'parseHTMLUnsafe', (native, self, args) => {
    const passed = withoutRoots(args);
    const parsed = emptied(apply(native, self, passed));
    if (declaresFrames(passed)) watch(parsed);
    return parsed;
  });
  guardMethod(doc, 'parseHTML', give);
}
