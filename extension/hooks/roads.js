// The roads by which a page gets to the window of another realm, beside `window[n]` and names.
import { guardAccessor, guardMethod } from './disguise.js';
import { guardWindow, prototypeOf, viewOf } from './realms.js';
import { apply, isObject, then } from './vault.js';

/** Guards each window before a page gets it. */
export function guardRoads(win) {
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
