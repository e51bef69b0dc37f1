// Windows that go from one document to another, and realms that a page had before the hooks came.

/** A frame that has loaded, sent to another address and watched. */
const going = (address) => `async (stage) => {
  const frame = stage.frame('/page');
  document.body.append(frame);
  await stage.loaded(frame);
  const view = window[0];
  const before = view.document;
  view.location = '${address}';
  await stage.poll(() => view.document !== before && (stage.check(view, 'on its way'), true));
}`;

/** The same for a frame's first address. */
const coming = (address) => `async (stage) => {
  document.body.append(stage.frame('${address}'));
  const view = window[0];
  const before = view.document;
  stage.check(view, 'at once');
  await stage.poll(() => view.document !== before && (stage.check(view, 'changed'), true), 1500);
}`;

/**
 * A window's first document, tampered with, before a page of the same origin comes into the same realm:
 * the hooks' way to the bridge must not be overheard there.
 */
const tampered = (address, tamper) => `async (stage) => {
  const frame = stage.frame('${address}');
  document.body.append(frame);
  const view = frame.contentWindow;
  const heard = [];
  (${tamper})(view, (node) => node && heard.push(node));
  await stage.loaded(frame);
  stage.got.push(heard.length ? 'LEAK the private node' : 'seen');
  stage.check(frame.contentWindow);
}`;

const tampers = {
  'Reflect.apply': (view, hear) => {
    const { apply } = view.Reflect;
    view.Reflect.apply = (method, self, args) => {
      for (const one of [self, ...(args ?? [])]) hear(one?.relatedTarget);
      return apply(method, self, args);
    };
  },
  'MouseEvent': (view, hear) => {
    const { MouseEvent } = view;
    view.MouseEvent = function (type, init) {
      hear(init?.relatedTarget);
      return new MouseEvent(type, init);
    };
  },
  'dispatchEvent': (view, hear) => {
    const { dispatchEvent } = view.EventTarget.prototype;
    view.EventTarget.prototype.dispatchEvent = function (event) {
      hear(event.relatedTarget);
      return dispatchEvent.call(this, event);
    };
  },
  'createElement': (view, hear) => {
    const { createElement } = view.Document.prototype;
    view.Document.prototype.createElement = function (name) {
      const made = createElement.call(this, name);
      if (name === 'i') hear(made);
      return made;
    };
  },
  'a listener': (view, hear) => {
    for (const target of [view, view.document, view.document.fonts]) {
      target.addEventListener('iceveil-handshake', (event) => hear(event.relatedTarget), true);
    }
  },
};

const each = (entries) => Object.fromEntries(entries);

export const windows = {
  ...each(['/204', '/wait', '/redirect', '/slow-body'].map((path) => [`a frame of ${path}`, coming(path)])),
  ...each(['/wait', '/redirect', '/slow-body'].map((path) => [`a frame gone to ${path}`, going(path)])),
  ...each(Object.entries(tampers).flatMap(([name, tamper]) => ['/page', '/slow-body'].map(
    (path) => [`${name} tampered with before ${path} came`, tampered(path, tamper)]))),
  'a frame gone to /slow-body, seen later': async (stage) => {
    const frame = stage.frame('/page');
    document.body.append(frame);
    await stage.loaded(frame);
    const view = window[0];
    const before = view.document;
    view.location = '/slow-body';
    await stage.poll(() => view.document !== before);
    await stage.pause(50);
    stage.check(view);
  },
  'a popup tampered with before its page came': async (stage) => {
    const view = window.open('/page');
    const heard = [];
    const { MouseEvent } = view;
    view.MouseEvent = function (type, init) {
      heard.push(init?.relatedTarget);
      return new MouseEvent(type, init);
    };
    await stage.poll(() => view.location.pathname === '/page' && view.document.readyState === 'complete');
    stage.got.push(heard.some(Boolean) ? 'LEAK the private node' : 'seen');
    stage.check(view);
    view.close();
  },
  'a popup’s written script': (stage) => {
    const view = window.open('');
    view.document.open();
    view.document.write(`${stage.html()}<script>opener.stage.look("script", window)</${'script'}>`);
    stage.look('after', view);
    stage.check(view);
    view.close();
  },
  'a frame parsed late, told by an older observer': async (stage) => {
    const frame = stage.frame('/parts');
    let view = null;
    const observer = new MutationObserver(() => {
      if (view.length) stage.look('observer', view);
    });
    document.body.append(frame);
    view = frame.contentWindow;
    const before = view.document;
    await stage.poll(() => view.document !== before && view.document.body);
    observer.observe(view.document, { childList: true, subtree: true });
    await stage.loaded(frame);
    stage.look('after', view);
  },
  'a javascript: address, inside and beside': async (stage) => {
    const inner = stage.frame('javascript:parent.stage.check(window, "inside")');
    document.body.append(inner, stage.frame('javascript:parent.stage.look("beside", parent)'), stage.frame());
    await stage.pause(200);
    stage.look('after');
  },
  'about:srcdoc as an address': async (stage) => {
    document.body.append(stage.frame('about:srcdoc'));
    stage.look('at once');
  },
  'a frameset by innerHTML': (stage) => {
    const frame = document.createElement('iframe');
    document.body.append(frame);
    const view = frame.contentWindow;
    view.document.documentElement.innerHTML = `<frameset><frame src="${stage.address()}"></frameset>`;
    stage.look('frameset', view);
  },
  'a frameset as the body': (stage) => {
    const frame = document.createElement('iframe');
    document.body.append(frame);
    const view = frame.contentWindow;
    const set = view.document.createElement('frameset');
    const made = view.document.createElement('frame');
    made.src = stage.address();
    set.append(made);
    view.document.body = set;
    stage.look('frameset', view);
  },
  'a body replaced by outerHTML': (stage) => {
    const frame = document.createElement('iframe');
    document.body.append(frame);
    frame.contentDocument.body.outerHTML = `<body>${stage.html()}`;
    stage.look('body', frame.contentWindow);
  },
  'a frame made by XSLT': (stage) => {
    if (typeof window.XSLTProcessor !== 'function') {
      stage.got.push('seen'); // gone from this browser
      return;
    }
    const parse = (text) => new DOMParser().parseFromString(text, 'application/xml');
    const processor = new window.XSLTProcessor();
    processor.importStylesheet(parse(`<t:stylesheet version="1.0" xmlns:t="http://www.w3.org/1999/XSL/Transform"><t:template match="/">
      <iframe xmlns="http://www.w3.org/1999/xhtml" src="${stage.address()}"/></t:template></t:stylesheet>`));
    document.body.append(processor.transformToFragment(parse('<a/>'), document));
    stage.look('fragment');
  },
  'a window of an event': (stage) => {
    document.body.append(stage.frame());
    stage.check(new window.UIEvent('x', { view: window[0] }).view);
  },
  'names on window and document': (stage) => {
    const frame = stage.frame();
    frame.name = 'named';
    document.body.append(frame);
    stage.check(window.named);
    stage.check(document.named ?? window.named);
  },
  'a frame undone and done again': (stage) => {
    const editable = document.createElement('div');
    editable.contentEditable = 'true';
    document.body.append(editable);
    editable.focus();
    getSelection().selectAllChildren(editable);
    document.execCommand('insertHTML', false, stage.html());
    document.execCommand('undo');
    document.execCommand('redo');
    stage.look('redone');
  },
};
