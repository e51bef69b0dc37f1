// The methods of markup that Chromium has behind a flag yet: `appendHTML`, `beforeHTMLUnsafe` and the like.

/** Each of the methods of a kind of node, called on one made by `make()` with what `inner(stage)` gives. */
const each = (make, inner) => `async (stage) => {
  const names = ['append', 'prepend', 'before', 'after', 'replaceWith'].flatMap((verb) => [verb + 'HTML', verb + 'HTMLUnsafe']);
  for (const name of names) {
    const box = document.body.appendChild(document.createElement('div'));
    const node = (${make})(box);
    if (!node[name]) continue;
    node[name]((${inner})(stage), { runScripts: true });
    stage.look(name);
  }
  await stage.pause(50);
  stage.look('at last');
}`;

const element = (box) => box.appendChild(document.createElement('p'));
const text = (box) => box.appendChild(new Text('text'));
const root = (box) => box.attachShadow({ mode: 'open' });
const script = '<script>stage.look("script")</' + 'script>';

const reacting = (stage) => {
  const name = stage.name();
  customElements.define(name, class extends HTMLElement {
    connectedCallback() {
      stage.look('reaction');
    }
  });
  return `${stage.html()}<${name}></${name}>`;
};

export const markup = {
  'a frame, of an element': each(element, (stage) => stage.html()),
  'a frame, of a text': each(text, (stage) => stage.html()),
  'a frame before a script, of an element': each(element, `(stage) => stage.html() + ${JSON.stringify(script)}`),
  'a frame before a script, of a text': each(text, `(stage) => stage.html() + ${JSON.stringify(script)}`),
  'a frame beside a custom element': each(element, reacting),
  'code as an address, in a shadow tree': each(root, () => '<iframe src="javascript:void top.stage.check(window, \'inside\')"></iframe>'),
  'code as an address, in a declared tree': each(element, () =>
    '<p><template shadowrootmode=closed><iframe src="javascript:void top.stage.check(window, \'inside\')"></iframe></template></p>'),
  'a frame in an option': (stage) => {
    for (const name of ['appendHTML', 'prependHTMLUnsafe', 'beforeHTML', 'afterHTMLUnsafe', 'replaceWithHTML']) {
      const box = document.body.appendChild(document.createElement('div'));
      box.innerHTML = '<select><option><p></p></option></select>';
      box.querySelector('p')[name](stage.html());
      stage.got.push(box.querySelector('option iframe') ? `LEAK ${name}` : 'seen');
    }
  },
  'a stream': (stage) => {
    for (const type of [Element, ShadowRoot, CharacterData, DocumentType]) {
      for (const name of Object.getOwnPropertyNames(type.prototype)) if (name.startsWith('stream')) stage.got.push(`LEAK ${name}`);
    }
    stage.got.push('seen');
  },
};
