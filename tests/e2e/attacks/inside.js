// Code of a page that runs in the middle of an insertion, and looks for the windows just made.

/** A custom element beside a frame, both inserted at once. */
const beside = (define) => `(stage) => {
  const name = stage.name();
  (${define})(stage, name);
  const both = document.createDocumentFragment();
  both.append(stage.frame(), document.createElement(name));
  document.body.append(both);
}`;

/** The same by markup, where the browser makes the element itself. */
const parsed = (define, is = '') => `(stage) => {
  const name = stage.name();
  (${define})(stage, name);
  document.body.insertAdjacentHTML('beforeend', stage.html() + ('${is}' ? \`<${is} is="\${name}"></${is}>\` : \`<\${name}></\${name}>\`));
}`;

/** A frame that is there at once, beside one that isn't: its `load` comes within the insertion. */
const loading = (place) => `(stage) => {
  const place = (${place})(stage);
  const view = place.ownerDocument.defaultView;
  const both = place.ownerDocument.createDocumentFragment();
  const second = place.ownerDocument.createElement('iframe');
  second.onload = () => stage.look('load', view);
  both.append(stage.frame(), second);
  place.append(both);
  stage.look('after', view);
}`;

const child = (source) => `(stage) => {
  const frame = document.createElement('iframe');
  document.body.append(frame);
  const view = frame.contentWindow;
  view.stage = stage;
  (${source})(stage, view);
  stage.look('after', view);
}`;

/** Markup of frames and a script, put into a place by `put(stage, place, markup, script)`. */
const running = (put) => `async (stage) => {
  const place = document.createElement('div');
  document.body.append(place);
  const script = '<script>stage.look("script")</' + 'script>';
  (${put})(stage, place, stage.html() + '<p>' + stage.html() + '</p>' + script + stage.html() + script, script);
  stage.look('after');
}`;

export const inside = {
  'an inherited reaction': beside((stage, name) => {
    class Base extends HTMLElement {
      connectedCallback() {
        stage.look('connected');
      }
    }
    customElements.define(name, class extends Base {});
  }),
  'a reaction behind a getter': beside((stage, name) => {
    customElements.define(name, class extends HTMLElement {
      get connectedCallback() {
        return () => stage.look('connected');
      }
    });
  }),
  'a frozen reaction': beside((stage, name) => {
    class Frozen extends HTMLElement {
      connectedCallback() {
        stage.look('connected');
      }
    }
    Object.freeze(Frozen.prototype);
    customElements.define(name, Object.freeze(Frozen));
  }),
  'a proxy of a class': parsed((stage, name) => {
    customElements.define(name, new Proxy(class extends HTMLElement {
      connectedCallback() {
        stage.look('connected');
      }
    }, {}));
  }),
  'a constructor, upgraded': parsed((stage, name) => {
    customElements.define(name, class extends HTMLElement {
      constructor() {
        stage.look('constructor');
        super();
      }
    });
  }),
  'a customized built-in element': parsed((stage, name) => {
    customElements.define(name, class extends window.HTMLParagraphElement {
      constructor() {
        stage.look('constructor');
        super();
      }
      connectedCallback() {
        stage.look('connected');
      }
    }, { extends: 'p' });
  }, 'p'),
  'a constructor, run by the parser': child((stage, view) => {
    view.customElements.define('x-y', class extends view.HTMLElement {
      constructor() {
        stage.look('constructor', view);
        super();
      }
    });
    view.document.write(`${stage.html()}<x-y></x-y>`);
  }),
  'callbacks of a form’s element': (stage) => {
    const name = stage.name();
    const look = () => stage.look('callback');
    customElements.define(name, class extends HTMLElement {
      static formAssociated = true;
      formAssociatedCallback = look;
      formDisabledCallback() {
        look();
      }
      formResetCallback() {
        look();
      }
      adoptedCallback() {
        look();
      }
    });
    const form = document.createElement('form');
    const fields = document.createElement('fieldset');
    fields.disabled = true;
    fields.append(stage.frame(), document.createElement(name));
    form.append(fields);
    document.body.append(form);
    fields.disabled = false;
    form.reset();
    const adopted = document.createElement(name);
    document.implementation.createHTMLDocument().body.append(adopted);
    document.body.append(stage.frame(), adopted);
  },
  'the input event of execCommand': (stage) => {
    const editable = document.createElement('div');
    editable.contentEditable = 'true';
    document.body.append(editable);
    editable.focus();
    getSelection().selectAllChildren(editable);
    editable.addEventListener('input', () => stage.look('input'));
    addEventListener('input', () => stage.look('input, from above'), true);
    document.execCommand('insertHTML', false, stage.html());
    stage.look('after');
  },
  'the load event of a second frame': loading(() => document.body),
  'the load event in a document opened anew': loading(() => {
    document.open();
    document.write('<p>new');
    document.close();
    return document.body;
  }),
  'the load event in a frame’s document opened anew': loading(() => {
    const frame = document.createElement('iframe');
    document.body.append(frame);
    const doc = frame.contentDocument;
    doc.open();
    doc.append(doc.createElement('html'));
    return doc.documentElement;
  }),
  'the load event in a declared shadow tree': (stage) => {
    window.heard = () => stage.look('load');
    const place = document.createElement('div');
    document.body.append(place);
    place.setHTMLUnsafe(`${stage.html()}<div><template shadowrootmode="closed"><iframe onload="heard()"></iframe></template></div>`);
    stage.look('after');
  },
  'the load event in a parsed document’s shadow tree': (stage) => {
    window.heard = () => stage.look('load');
    const doc = Document.parseHTMLUnsafe(`${stage.html()}<div><template shadowrootmode="closed"><iframe onload="heard()"></iframe></template></div>`);
    document.body.append(...doc.body.childNodes);
    stage.look('after');
  },
  'the load event in a cloned shadow tree': (stage) => {
    window.heard = () => stage.look('load');
    const host = document.createElement('div');
    host.setHTMLUnsafe('<div><template shadowrootmode="open" shadowrootclonable><iframe onload="heard()"></iframe></template></div>');
    document.body.append(stage.frame(), host.cloneNode(true));
  },
  'a script of setHTMLUnsafe': running((stage, place, markup) => place.setHTMLUnsafe(markup, { runScripts: true })),
  'a script of setHTMLUnsafe, in a shadow tree': running((stage, place) => {
    stage.root = place.attachShadow({ mode: 'closed' });
    const script = '<script>stage.check(stage.root.querySelector("iframe").contentWindow, "script")</' + 'script>';
    stage.root.setHTMLUnsafe(stage.html() + script, { runScripts: true });
    stage.check(stage.root.querySelector('iframe').contentWindow, 'after');
  }),
  'a script of setHTMLUnsafe, trusted': running((stage, place, markup) => {
    const policy = window.trustedTypes?.createPolicy('attack', { createHTML: (text) => text }) ?? { createHTML: (text) => text };
    place.setHTMLUnsafe(policy.createHTML(markup), { runScripts: true });
  }),
  'a script of setHTMLUnsafe, told to run once': running((stage, place, markup) => {
    let asked = 0;
    place.setHTMLUnsafe(markup, { get runScripts() {
      asked += 1;
      return asked > 1;
    } });
  }),
  'a script of setHTMLUnsafe, in a declared tree': running((stage, place, ...[, script]) =>
    place.setHTMLUnsafe(`${stage.html()}<p><template shadowrootmode="open">${script}</template></p>`, { runScripts: true })),
  'a script of setHTMLUnsafe, of SVG': running((stage, place) =>
    place.setHTMLUnsafe(`<svg><desc>${stage.html()}</desc><script>stage.look("script")</${'script'}></svg>`, { runScripts: true })),
  'a load attribute': (stage) => {
    window.heard = () => stage.look('load');
    document.body.insertAdjacentHTML('beforeend', `${stage.html()}<iframe onload="heard()"></iframe>`);
  },
  'a document written over itself': (stage) => {
    document.write(`<body>${stage.html()}<iframe onload="stage.look('load')"></iframe><svg onload="stage.look('svg')"></svg>`);
    stage.look('after');
  },
  'writing an object': child((stage, view) => {
    view.document.write({ toString: () => `${stage.html()}<script>stage.look("script", window)</${'script'}>` });
  }),
  'writing a script in pieces': child((stage, view) => {
    view.document.write(`${stage.html()}<scr`);
    view.document.write(`ipt>stage.look("script", window)</${'script'}>`);
  }),
  'writing a script of SVG': child((stage, view) => {
    view.document.write(`<svg><desc>${stage.html()}</desc><script>stage.look("script", window)</${'script'}></svg>`);
  }),
  'writing trusted markup': child((stage, view) => {
    const policy = window.trustedTypes?.createPolicy('attack', { createHTML: (text) => text }) ?? { createHTML: (text) => text };
    view.document.write(policy.createHTML(`${stage.html()}<script>stage.look("script", window)</${'script'}>`));
  }),
  'a frame that goes as another comes': async (stage) => {
    const place = document.createElement('div');
    document.body.append(place);
    const old = stage.frame('/page');
    place.append(old);
    await stage.loaded(old);
    for (const type of ['pagehide', 'unload']) old.contentWindow.addEventListener(type, () => stage.look(type));
    old.contentDocument.addEventListener('visibilitychange', () => stage.look('visibilitychange'));
    place.innerHTML = stage.html();
    stage.look('after');
  },
  'a frame that goes as another comes, told by its own scripts': async (stage) => {
    const place = document.createElement('div');
    document.body.append(place);
    const old = stage.frame('/page');
    place.append(old);
    const at = window.length - 1;
    await new Promise((resolve) => {
      old.addEventListener('load', () => setTimeout(resolve, 200));
    });
    const inside = window[at];
    for (const type of ['pagehide', 'unload']) inside.addEventListener(type, () => stage.look(type));
    inside.document.addEventListener('visibilitychange', () => stage.look('visibilitychange'));
    place.innerHTML = stage.html();
    stage.look('after');
  },
  'a focus lost to a frame': (stage) => {
    const input = document.createElement('input');
    document.body.append(input);
    input.focus();
    for (const type of ['blur', 'focusout', 'change']) input.addEventListener(type, () => stage.look(type));
    input.value = 'x';
    input.replaceWith(stage.frame());
    stage.look('after');
  },
  'a stack used up by load': (stage) => {
    const both = document.createDocumentFragment();
    const second = document.createElement('iframe');
    second.onload = () => stage.look('load');
    both.append(stage.frame(), second);
    const deeper = () => {
      try {
        deeper();
      } catch {
        // No room left: up again.
      }
      if (second.parentNode !== both) return;
      try {
        document.body.appendChild(both);
      } catch {
        // Not yet.
      }
    };
    deeper();
    stage.look('after');
  },
  'a stack used up within the guard': (stage) => {
    let tries = 0;
    const deeper = () => {
      try {
        deeper();
      } catch {
        // No room left: up again.
      }
      tries += 1;
      if (tries <= 50) {
        try {
          new RTCPeerConnection().close();
          stage.got.push('LEAK made');
        } catch {
          // Refused, or no room for it.
        }
      }
    };
    deeper();
    stage.check(window);
  },
  'a stack used up, then contentWindow': (stage) => {
    const frame = stage.frame();
    let view = null;
    const deeper = () => {
      try {
        deeper();
      } catch {
        // No room left: up again.
      }
      if (view) return;
      try {
        if (!frame.parentNode) document.body.appendChild(frame);
        view = frame.contentWindow;
      } catch {
        // Not yet.
      }
    };
    deeper();
    stage.check(view);
  },
};
