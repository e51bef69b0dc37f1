// The moments at which the browser runs code of a page in the middle of an insertion or a removal:
// events that it fires at once. A listener of ours is there before the page's.
import { isHeld } from './plugins.js';
import { guardFrame, guardNew, guardWindow } from './realms.js';
import { rootOf, ownerDocumentOf } from './trees.js';
import { apply, getterOf, isObject, listen, soon, stop, weakMap } from './vault.js';

const LATEST = 50; // frames that are looked at as one beside them goes: a thousand may go at once
const targetOf = getterOf(Event.prototype, 'target');
const parentOf = getterOf(window, 'parent');
const armed = weakMap(); // window -> its listeners, so that hearing again is hearing once

/** Has `look(win)` called before the page's own code at each such moment. */
export function listenInside(win, look) {
  let ours = armed.get(win);
  if (ours === undefined) {
    ours = { __proto__: null, loaded: (event) => arrived(event, win, look), told: () => look(win), left: () => leave(win, look) };
    armed.set(win, ours);
  }
  // A frame that is there at once fires `load` within the call that inserts it.
  listen(win.document, 'load', ours.loaded, true);
  listen(win, 'input', ours.told, true); // of execCommand
  listen(win, 'pagehide', ours.left, true); // of a frame that an insertion replaces
}

function arrived(event, win, look) {
  if (isHeld(apply(targetOf, event, []))) {
    stop(event);
    return;
  }
  look(win);
  guardFrame(apply(targetOf, event, []));
}

/**
 * A document goes: with a frame that is removed, or because its window goes to another. Then the
 * window holds an unguarded realm from now until a script of the extension runs there, which may be
 * as long as the server likes. A task of ours comes before most of the page's.
 */
function leave(win, look) {
  look(win);
  guardAround(win, LATEST);
  const before = win.document;
  const follow = () => {
    try {
      if (isObject(win.document) && win.document !== before) guardWindow(win);
    } catch {
      // Gone, or to another origin.
    }
  };
  soon(follow);
}

/**
 * This document is in a shadow tree, whose `load` events nobody outside hears: the frames beside it
 * are looked at before it has its own.
 */
export function guardBeside() {
  try {
    const { frameElement } = window;
    if (!isObject(frameElement)) return;
    if (apply(rootOf, frameElement, []) !== apply(ownerDocumentOf, frameElement, [])) guardAround(window, Infinity);
  } catch {
    // Of another origin.
  }
}

/** The frames beside this one, the latest `most` of them. */
function guardAround(win, most) {
  try {
    const around = apply(parentOf, win, []);
    if (around === win) return;
    const count = around.length;
    for (let i = count > most ? count - most : 0; i < count; i += 1) guardNew(around[i]);
  } catch {
    // Of another origin.
  }
}
