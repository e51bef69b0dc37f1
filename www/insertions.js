// Every way of putting a frame into a page: after each one the frame's window is taken at once.

import { element, kind, markup, pending, place, plainChild, taken, viewOf, within } from './frames.js';

/** One way of inserting a frame. */
const inserted = (id, title, insert) =>
  kind(`in-${id}`, title, () => {
    const home = place();
    const mark = element('span');
    home.append(mark);
    const frame = pending();
    const got = insert({ home, mark, frame }) ?? frame;
    return taken(viewOf(got), () => home.remove());
  });

/** Captures in the middle of an insertion. */
const during = (id, title, insert) =>
  kind(`while-${id}`, title, async () => {
    const home = place();
    const lens = await within(
      new Promise((resolve, reject) => {
        const now = (view) => {
          try {
            resolve(taken(view, () => home.remove()));
          } catch (error) {
            reject(error);
          }
        };
        insert(home, now);
      }),
      1000,
    );
    return lens;
  });

let elements = 0;
const elementName = () => `iceveil-${(elements += 1)}`;

const find = (root) => root.querySelector('iframe');

const methods = [
  inserted('append-child', 'appendChild', ({ home, frame }) => home.appendChild(frame)),
  inserted('insert-before', 'insertBefore', ({ home, mark, frame }) => home.insertBefore(frame, mark)),
  inserted('replace-child', 'replaceChild', ({ home, mark, frame }) => {
    home.replaceChild(frame, mark);
  }),
  inserted('append', 'append', ({ home, frame }) => home.append('text', frame)),
  inserted('prepend', 'prepend', ({ home, frame }) => home.prepend(frame)),
  inserted('before', 'before', ({ mark, frame }) => mark.before(frame)),
  inserted('after', 'after', ({ mark, frame }) => mark.after(frame)),
  inserted('replace-with', 'replaceWith', ({ mark, frame }) => mark.replaceWith(frame)),
  inserted('replace-children', 'replaceChildren', ({ home, frame }) => home.replaceChildren(frame)),
  inserted('move-before', 'moveBefore', ({ home, mark, frame }) => {
    home.append(frame);
    home.moveBefore(frame, mark);
  }),
  inserted('text-after', 'after, of a text', ({ home, frame }) => {
    const text = document.createTextNode('x');
    home.append(text);
    text.after(frame);
  }),
  inserted('comment-replace', 'replaceWith, of a comment', ({ home, frame }) => {
    const comment = document.createComment('x');
    home.append(comment);
    comment.replaceWith(frame);
  }),
  inserted('fragment', 'A fragment', ({ home, frame }) => {
    const fragment = document.createDocumentFragment();
    fragment.append(frame);
    home.appendChild(fragment);
  }),
  inserted('deep', 'Deep within a tree', ({ home, frame }) => {
    const outer = element('div');
    outer.append(element('p'));
    outer.firstChild.append(frame);
    home.append(outer);
  }),
  inserted('adjacent-element', 'insertAdjacentElement', ({ mark, frame }) => mark.insertAdjacentElement('afterend', frame)),
  inserted('adjacent-html', 'insertAdjacentHTML', ({ home, mark }) => {
    mark.insertAdjacentHTML('beforebegin', markup());
    return find(home);
  }),
  inserted('inner-html', 'innerHTML', ({ home }) => {
    home.innerHTML = markup();
    return find(home);
  }),
  inserted('inner-html-large', 'innerHTML, among much else', ({ home }) => {
    home.innerHTML = `${'<p>text</p>'.repeat(200)}<div><ul><li>${markup()}</ul></div>`;
    return find(home);
  }),
  inserted('outer-html', 'outerHTML', ({ home, mark }) => {
    mark.outerHTML = `<div>${markup()}</div>`;
    return find(home);
  }),
  inserted('set-html-unsafe', 'setHTMLUnsafe', ({ home }) => {
    home.setHTMLUnsafe(markup());
    return find(home);
  }),
  inserted('inserthtml-command', 'execCommand insertHTML', ({ home, mark }) => {
    home.contentEditable = 'true';
    getSelection().selectAllChildren(mark);
    home.focus();
    document.execCommand('insertHTML', false, markup());
    home.contentEditable = 'false';
    return find(home);
  }),
  inserted('range-insert', 'Range.insertNode', ({ mark, frame }) => {
    const range = new Range();
    range.selectNode(mark);
    range.insertNode(frame);
  }),
  inserted('range-surround', 'Range.surroundContents', ({ home, mark, frame }) => {
    const range = new Range();
    range.selectNode(mark);
    const outer = element('div');
    home.append(outer);
    outer.append(frame);
    range.surroundContents(element('b'));
  }),
  inserted('contextual-fragment', 'createContextualFragment', ({ home }) => {
    const range = new Range();
    range.selectNode(home);
    home.append(range.createContextualFragment(markup()));
    return find(home);
  }),
  inserted('template', 'A template’s content', ({ home }) => {
    const template = element('template');
    template.innerHTML = markup();
    home.append(template.content);
    return find(home);
  }),
  inserted('template-clone', 'A clone of a template', ({ home }) => {
    const template = element('template');
    template.innerHTML = markup();
    home.append(template.content.cloneNode(true));
    return find(home);
  }),
  inserted('import-node', 'importNode', ({ home, frame }) => {
    home.append(document.importNode(frame, true));
    return find(home);
  }),
  inserted('parser-adopted', 'DOMParser and adoptNode', ({ home }) => {
    const parsed = new DOMParser().parseFromString(markup(), 'text/html');
    home.append(document.adoptNode(find(parsed)));
    return find(home);
  }),
  inserted('xml-adopted', 'XML, adopted by appendChild', ({ home }) => {
    const xml = '<iframe xmlns="http://www.w3.org/1999/xhtml" src="about:blank#x"/>';
    return home.appendChild(new DOMParser().parseFromString(xml, 'application/xml').documentElement);
  }),
  inserted('created-document', 'createHTMLDocument and write', ({ home }) => {
    const made = document.implementation.createHTMLDocument();
    made.write(markup());
    home.append(find(made));
    return find(home);
  }),
  inserted('table-caption', 'The caption of a table', ({ home, frame }) => {
    const table = element('table');
    home.append(table);
    const caption = element('caption');
    caption.append(frame);
    table.caption = caption;
  }),
  inserted('table-head', 'The head of a table', ({ home, frame }) => {
    const table = element('table');
    home.append(table);
    const head = element('thead');
    head.append(frame);
    table.tHead = head;
  }),
  inserted('option-index', 'An option set by its index', ({ home, frame }) => {
    const select = element('select');
    home.append(select);
    const option = element('option');
    option.append(frame);
    select[0] = option;
  }),
  inserted('shadow', 'An open shadow tree', ({ mark, frame }) => mark.attachShadow({ mode: 'open' }).append(frame)),
  inserted('shadow-closed', 'A closed shadow tree', ({ mark, frame }) =>
    mark.attachShadow({ mode: 'closed' }).appendChild(frame)),
  inserted('shadow-html', 'innerHTML of a shadow tree', ({ mark }) => {
    const root = mark.attachShadow({ mode: 'closed' });
    root.innerHTML = markup();
    return find(root);
  }),
  inserted('shadow-declared', 'A shadow tree in markup', ({ home }) => {
    home.setHTMLUnsafe(`<div><template shadowrootmode="open">${markup()}</template></div>`);
    return find(home.firstChild.shadowRoot);
  }),
  inserted('shadow-before', 'A shadow tree filled before its host is in the page', ({ home, frame }) => {
    const host = element('div');
    host.attachShadow({ mode: 'closed' }).append(frame);
    home.append(host);
  }),
  inserted('borrowed-method', 'appendChild of another realm', ({ home, frame }) => {
    plainChild(home).contentWindow.Node.prototype.appendChild.call(home, frame);
  }),
  inserted('borrowed-setter', 'innerHTML of another realm', ({ home }) => {
    const { Element } = plainChild(home).contentWindow;
    const { set } = Object.getOwnPropertyDescriptor(Element.prototype, 'innerHTML');
    const inner = element('div');
    home.append(inner);
    set.call(inner, markup());
    return find(inner);
  }),
  inserted('borrowed-pending', 'append of a realm that was itself just inserted', ({ home, frame }) => {
    const first = pending();
    home.append(first);
    first.contentWindow.Element.prototype.append.call(home, frame);
  }),
  inserted('borrowed-range', 'Range of another realm', ({ home, frame }) => {
    const range = new (plainChild(home).contentWindow.Range)();
    range.selectNodeContents(home);
    range.insertNode(frame);
  }),
  inserted('document-write', 'document.write', ({ home }) => {
    const { contentDocument: doc } = plainChild(home);
    doc.open();
    doc.write(`<p>${markup()}`);
    return find(doc);
  }),
  inserted('document-writeln', 'document.writeln, in pieces', ({ home }) => {
    const { contentDocument: doc } = plainChild(home);
    doc.open();
    for (const piece of markup()) doc.writeln(piece.trim() || '\t');
    doc.write(markup());
    return find(doc);
  }),
  inserted('document-body', 'A new document.body', ({ home }) => {
    const { contentDocument: doc } = plainChild(home);
    const body = doc.createElement('body');
    body.innerHTML = markup();
    doc.body = body;
    return find(doc);
  }),
  inserted('document-root', 'A new root element', ({ home }) => {
    const { contentDocument: doc } = plainChild(home);
    const root = doc.createElement('html');
    root.innerHTML = `<body>${markup()}`;
    doc.replaceChild(root, doc.documentElement);
    return find(doc);
  }),
  inserted('many', 'One of many in one stroke', ({ home }) => {
    home.innerHTML = Array.from({ length: 5 }, markup).join('');
    return home.children[3];
  }),
];

/** A custom element whose reaction looks for the window just made. */
function reaction(name, now, which) {
  class Seen extends HTMLElement {
    static observedAttributes = ['seen'];
    connectedCallback() {
      if (which === 'connected') now(this.ownerDocument.defaultView[this.ownerDocument.defaultView.length - 1]);
    }
    disconnectedCallback() {
      if (which === 'disconnected') now(window[window.length - 1]);
    }
    attributeChangedCallback() {
      if (which === 'attribute' && window.length) now(window[window.length - 1]);
    }
  }
  customElements.define(name, Seen);
}

const callbacks = [
  during('connected', 'A custom element, connected beside the frame', (home, now) => {
    const name = elementName();
    reaction(name, now, 'connected');
    const seen = document.createElement(name);
    const fragment = document.createDocumentFragment();
    fragment.append(pending(), seen);
    home.append(fragment);
  }),
  during('connected-html', 'The same, by innerHTML', (home, now) => {
    const name = elementName();
    reaction(name, now, 'connected');
    home.innerHTML = `${markup()}<${name}></${name}>`;
  }),
  during('constructor', 'A custom element’s constructor', (home, now) => {
    const name = elementName();
    class Seen extends HTMLElement {
      constructor() {
        now(window[window.length - 1]);
        super();
      }
    }
    customElements.define(name, Seen);
    home.innerHTML = `${markup()}<${name}></${name}>`;
  }),
  during('inherited', 'A custom element whose reaction is inherited', (home, now) => {
    const name = elementName();
    class Base extends HTMLElement {
      connectedCallback() {
        now(window[window.length - 1]);
      }
    }
    customElements.define(name, class extends Base {});
    home.innerHTML = `${markup()}<${name}></${name}>`;
  }),
  during('input', 'The input event of execCommand', (home, now) => {
    home.contentEditable = 'true';
    home.append('x');
    getSelection().selectAllChildren(home);
    home.focus();
    home.addEventListener('input', () => now(window[window.length - 1]), { once: true });
    document.execCommand('insertHTML', false, markup());
    home.contentEditable = 'false';
  }),
  during('disconnected', 'A custom element, replaced by the frame', (home, now) => {
    const name = elementName();
    reaction(name, now, 'disconnected');
    const seen = document.createElement(name);
    home.append(seen);
    seen.replaceWith(pending());
  }),
  during('attribute', 'A custom element, told of an attribute', (home, now) => {
    const name = elementName();
    reaction(name, now, 'attribute');
    const seen = document.createElement(name);
    home.append(seen, pending());
    seen.setAttribute('seen', '1');
  }),
  during('load', 'The load event, of about:blank', (home, now) => {
    const frame = element('iframe');
    frame.addEventListener('load', () => now(frame.contentWindow), { once: true });
    home.append(frame);
  }),
  during('load-capture', 'The load event, heard from above', (home, now) => {
    const frame = element('iframe');
    home.addEventListener('load', () => now(frame.contentWindow), { once: true, capture: true });
    home.append(frame);
  }),
  during('load-page', 'The load event, of a page', (home, now) =>
    void home.append(
      Object.assign(pending({ src: new URL('blank.html', import.meta.url).href }), {
        onload: ({ target }) => now(target.contentWindow),
      }),
    )),
  during('script', 'A script inserted together with the frame', (home, now) => {
    const script = document.createElement('script');
    script.nonce = document.querySelector('script[nonce]')?.nonce ?? '';
    const fragment = document.createDocumentFragment();
    const frame = pending();
    const key = `iceveil${Math.random()}`;
    window[key] = () => now(frame.contentWindow);
    script.textContent = `window[${JSON.stringify(key)}]()`;
    fragment.append(frame, script);
    home.append(fragment);
    delete window[key];
  }),
  during('observer', 'A MutationObserver', (home, now) => {
    new MutationObserver((_, observer) => {
      observer.disconnect();
      now(window[window.length - 1]);
    }).observe(home, { childList: true });
    home.append(pending());
  }),
  during('microtask', 'A promise, right after', (home, now) => {
    const frame = pending();
    Promise.resolve().then(() => now(frame.contentWindow));
    home.append(frame);
  }),
  during('focus', 'A focus event', (home, now) => {
    const input = element('input');
    home.append(input);
    input.focus();
    input.addEventListener('blur', () => window.length && now(window[window.length - 1]), { once: true });
    const frame = pending();
    home.append(frame);
    home.replaceChildren(frame);
    input.blur();
    if (window.length) now(frame.contentWindow ?? window[window.length - 1]);
  }),
];

export const insertions = [...methods, ...callbacks];
