// Where a page can find a realm other than its own: one row for each kind of window, each road to
// it and each way of inserting it. `open()` resolves to the realm's built-ins as a lens (lens.js),
// or throws where this browser or this document can't make such a realm.
//
// `light`: read by fewer surfaces, because only the road differs.
// `needs: 'gesture'`: a popup, the browser may want a click. `limit: true`: a race that no extension
// can close altogether; shown apart.

import {
  at, blob, early, element, inside, kind, loaded, pending, place, plainChild, scripted, taken, viewOf, watched, within,
} from './frames.js';
import { insertions } from './insertions.js';

/** A frame both as it is right after insertion and once its document is there. */
const both = (id, title, make) => [
  kind(`${id}-early`, `${title}, at once`, () => early(make())),
  kind(`${id}-loaded`, `${title}, loaded`, () => loaded(make())),
];

/** One road from a frame that is in the page to its window. */
const road = (id, title, reach) =>
  kind(`by-${id}`, title, () => {
    const home = place();
    const frame = pending();
    home.append(frame);
    return taken(reach(frame), () => home.remove());
  });

const inChromium = 'webkitRTCPeerConnection' in window;
const iframe = (attributes) => () => element('iframe', attributes);
const kinds = [
  kind('no-src', 'Frame without an address', () => early(element('iframe'))),
  kind('about-blank', 'Frame of about:blank', () => early(element('iframe', { src: 'about:blank' }))),
  kind('about-blank-hash', 'Frame of about:blank#x', () => early(element('iframe', { src: 'about:blank#x' }))),
  ...both('page', 'Frame of a page', iframe({ src: at('blank.html') })),
  ...both('missing', 'Frame of a page that is not there', iframe({ src: at('missing.html') })),
  ...both('srcdoc', 'Frame of srcdoc', iframe({ srcdoc: '<p>part of the test' })),
  ...both('blob', 'Frame of a blob', () => element('iframe', { src: blob('<p>part of the test') })),
  ...both('svg', 'Frame of an SVG image', () =>
    element('iframe', { src: blob('<svg xmlns="http://www.w3.org/2000/svg"/>', 'image/svg+xml') })),
  ...both('xml', 'Frame of an XML document', () =>
    element('iframe', { src: blob('<r xmlns="urn:x"/>', 'application/xml') })),
  ...both('javascript', 'Frame of a javascript: address', iframe({ src: 'javascript:"<p>part of the test"' })),
  kind('javascript-void', 'Frame of javascript:void 0', () => early(element('iframe', { src: 'javascript:void 0' }))),
  kind('data-early', 'Frame of a data: address, at once', () => early(element('iframe', { src: 'data:text/html,x' }))),
  kind('download', 'Frame of something that is downloaded', () =>
    early(element('iframe', { src: blob('x', 'application/x-iceveil') }))),
  kind('unreachable', 'Frame of a server that is not there', () => early(element('iframe', { src: 'http://127.0.0.1:1/' }))),
  kind('lazy', 'Frame that loads lazily', () => early(element('iframe', { loading: 'lazy', src: at('blank.html') }))),
  ...both('sandboxed', 'Sandboxed frame of the same origin', iframe({
    sandbox: 'allow-same-origin allow-scripts', src: at('blank.html'),
  })),
  ...both('no-scripts', 'Sandboxed frame without scripts', iframe({
    sandbox: 'allow-same-origin', src: at('blank.html'),
  })),
  kind('no-scripts-blank', 'Sandboxed frame without scripts or address', () =>
    early(element('iframe', { sandbox: 'allow-same-origin' }))),
  kind('stopped', 'Frame whose loading was stopped', () => {
    const lens = early(element('iframe', { src: at('blank.html?stopped') }));
    lens.view.stop();
    return lens;
  }),
  kind('stopped-later', 'Frame whose loading was stopped, taken later', async () => {
    const home = place();
    const frame = element('iframe', { src: at('blank.html?stopped') });
    home.append(frame);
    frame.contentWindow.stop();
    await new Promise((resolve) => setTimeout(resolve, 20));
    return taken(frame.contentWindow, () => home.remove());
  }),
  ...['object', 'embed'].flatMap((name) => {
    const address = name === 'object' ? 'data' : 'src';
    const make = (attributes) => element(name, { type: 'text/html', [address]: at('blank.html'), ...attributes });
    const look = (made) => () => (name === 'embed' ? made.getSVGDocument()?.defaultView : viewOf(made)) ?? named(made);
    const named = (made) => (made.parentNode && window.length > made.before ? window[window.length - 1] : null);
    const put = (made) => {
      const home = place();
      made.before = window.length;
      made.addEventListener('load', () => (made.done = true));
      home.append(made);
      return () => home.remove();
    };
    /** Inserted without a window, which comes with `change`, and at once where a script asks for anything. */
    const late = (attributes, change) => async () => {
      const made = make(attributes);
      const close = put(made);
      await new Promise((resolve) => setTimeout(resolve, 200));
      change(made);
      void made.anything;
      return watched(() => named(made), () => close);
    };
    return [
      // Firefox makes their windows in a task of its own: a page that looks all the while sees them first.
      kind(`${name}-early`, `<${name}> of a page, as soon as it is there`, () => {
        const made = make();
        return watched(() => named(made), () => put(made));
      }, { limit: !inChromium }),
      kind(`${name}-loaded`, `<${name}> of a page, loaded`, () => {
        const made = make();
        return watched(() => made.done && look(made)(), () => put(made));
      }),
      kind(`${name}-shown`, `<${name}> of a page, shown later`, late({ style: 'display: none' }, (made) => made.removeAttribute('style')),
        { limit: !inChromium }),
      kind(`${name}-changed`, `<${name}> that becomes one of a page`, late({ type: 'x/none' }, (made) => {
        made.getAttributeNode('type').value = 'text/html';
        made[address] = at('blank.html?changed');
      }), { limit: !inChromium }),
    ];
  }),
  kind('object-blank', '<object> of about:blank', () => {
    const made = element('object', { data: 'about:blank' });
    return watched(() => viewOf(made), () => {
      const home = place();
      home.append(made);
      return () => home.remove();
    });
  }),
  kind('frameset', '<frame> in a frameset', () => {
    const home = place();
    const { contentDocument: doc } = plainChild(home);
    doc.write('<frameset><frame src="about:blank#x"></frameset>');
    doc.close();
    return taken(doc.defaultView[0], () => home.remove());
  }),
  kind('frame-alone', '<frame> outside a frameset', () => early(element('frame', { src: 'about:blank#x' }))),
  kind('nested', 'Frame in a frame', () => {
    const home = place();
    const { contentDocument: doc } = plainChild(home);
    const frame = pending();
    doc.body.append(frame);
    return taken(frame.contentWindow, () => home.remove());
  }),
  kind('nested-pending', 'Frame in a frame that is not there yet', () => {
    const home = place();
    const outer = pending();
    home.append(outer);
    const frame = outer.contentDocument.createElement('iframe');
    frame.src = 'about:blank#inner';
    outer.contentDocument.body.append(frame);
    return taken(outer.contentWindow[0], () => home.remove());
  }),
  kind('removed', 'Frame taken out of the page again', () => {
    const lens = early(pending());
    lens.close();
    return lens;
  }),
  kind('reinserted', 'Frame taken out and put in again', () => {
    const frame = pending();
    early(frame).close();
    return early(frame);
  }),
  kind('moved', 'Frame moved within the page', () => {
    const [home, other] = [place(), place()];
    const frame = pending();
    home.append(frame);
    (other.moveBefore ?? other.insertBefore).call(other, frame, null);
    return taken(frame.contentWindow, () => [home, other].forEach((one) => one.remove()));
  }),
  kind('document-open', 'Document opened anew', async () => {
    const lens = await loaded(element('iframe', { src: at('blank.html') }));
    lens.view.document.open();
    lens.view.document.write('<p>part of the test');
    lens.view.document.close();
    return taken(lens.view, lens.close);
  }),
  kind('document-open-early', 'Document opened before it was there', () => {
    const lens = early(element('iframe', { src: at('blank.html') }));
    lens.view.document.open();
    lens.view.document.close();
    return taken(lens.view, lens.close);
  }),
  kind('navigated', 'Frame gone to another page', async () => {
    const frame = element('iframe', { src: at('blank.html') });
    const { view, close } = await loaded(frame);
    const ready = within(new Promise((resolve) => frame.addEventListener('load', resolve, { once: true })));
    view.location.href = at('blank.html?next');
    await ready;
    return taken(view, close);
  }),
  kind('navigating', 'Frame on its way to another page, caught between', async () => {
    const { view, close } = await loaded(element('iframe', { src: at('blank.html') }));
    const before = view.document;
    const look = () => (view.document && view.document !== before ? view : null);
    return watched(look, () => {
      view.location.href = at('blank.html?next');
      return close;
    });
  }, { limit: true }),
  kind('src-changed', 'Frame given another address', async () => {
    const frame = element('iframe', { src: at('blank.html') });
    const { close } = await loaded(frame);
    const ready = within(new Promise((resolve) => frame.addEventListener('load', resolve, { once: true })));
    frame.srcdoc = '<p>part of the test';
    await ready;
    return taken(frame.contentWindow, close);
  }),
];

const insides = [
  kind('page-inside', 'Script inside a page in a frame', () => inside((home) => append(home, { src: at('blank.html') }))),
  kind('srcdoc-inside', 'Script inside srcdoc', () => inside((home) => append(home, { srcdoc: scripted() }))),
  kind('blob-inside', 'Script inside a blob document', () => inside((home) => append(home, { src: blob(scripted()) }))),
  kind('data-inside', 'Script inside a data: document', () =>
    inside((home) => append(home, { src: `data:text/html,${encodeURIComponent(scripted())}` }))),
  kind('sandbox-inside', 'Script inside a sandbox without an origin', () =>
    inside((home) => append(home, { sandbox: 'allow-scripts', src: at('blank.html') }))),
  kind('sandbox-srcdoc-inside', 'Script inside srcdoc in such a sandbox', () =>
    inside((home) => append(home, { sandbox: 'allow-scripts', srcdoc: scripted() }))),
  kind('object-inside', 'Script inside <object>', () =>
    inside((home) => {
      home.append(element('object', { type: 'text/html', data: at('blank.html') }));
    })),
  kind('written-inside', 'Script inside a written document', () =>
    inside((home) => {
      const { contentDocument: doc } = plainChild(home);
      doc.write(scripted());
      doc.close();
      return doc.defaultView;
    })),
  kind('popup-inside', 'Script inside a popup', () => inside(() => window.open(at('blank.html'))), { needs: 'gesture' }),
];

function append(home, attributes) {
  const frame = element('iframe', attributes);
  home.append(frame);
  return frame.contentWindow;
}

const popups = [
  ['popup-blank', 'Popup without an address', ''],
  ['popup-page', 'Popup of a page, at once', at('blank.html')],
  ['popup-hash', 'Popup of about:blank#x', 'about:blank#x'],
  ['popup-blob', 'Popup of a blob, at once', blob('<p>part of the test')],
].map(([id, title, address]) =>
  kind(id, title, () => {
    const view = window.open(address, '', 'width=300,height=200');
    return taken(view, () => view.close());
  }, { needs: 'gesture' }));

const contentWindow = Object.getOwnPropertyDescriptor(HTMLIFrameElement.prototype, 'contentWindow').get;

const roads = [
  road('content-window-getter', 'contentWindow, by an accessor taken early', (frame) => Reflect.apply(contentWindow, frame, [])),
  road('content-document', 'contentDocument.defaultView', (frame) => frame.contentDocument.defaultView),
  road('svg-document', 'getSVGDocument()', (frame) => (frame.getSVGDocument?.() ?? frame.contentDocument).defaultView),
  road('index', 'window[n]', () => window[window.length - 1]),
  road('frames', 'frames[n]', () => frames[frames.length - 1]),
  road('parent', 'self.frames, by Reflect', () => Reflect.get(self, String(self.length - 1))),
  road('name', 'window[name]', (frame) => window[frame.name]),
  road('descriptor', 'The property descriptor of window[n]', () => Object.getOwnPropertyDescriptor(window, String(window.length - 1)).value),
  road('values', 'Object.values(window)', (frame) => Object.values(window).findLast((one) => one?.frameElement === frame)),
  road('open', 'window.open() to its name', (frame) => window.open('', frame.name)),
  road('owner', 'ownerDocument of a node inside', (frame) => frame.contentDocument.body.ownerDocument.defaultView),
  road('self', 'The window’s own self', (frame) => frame.contentWindow.self.window.globalThis),
  road('this', 'this of a function inside', (frame) => frame.contentWindow.Function('return this')()),
  kind('by-event-source', 'event.source', async () => {
    const home = place();
    const source = new Promise((resolve) => addEventListener('message', ({ source: from }) => resolve(from), { once: true }));
    home.append(element('iframe', { src: at('blank.html') }));
    return taken(await within(source), () => home.remove());
  }),
];

export const realms = [...kinds, ...insides, ...popups, ...[...roads, ...insertions].map((realm) => ({ ...realm, light: true }))];
