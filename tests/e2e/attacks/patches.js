// Markup that the parser puts elsewhere: `<template for>`, whose content takes the place of a processing instruction
// of that name (declarative partial updates). A browser that doesn't know it makes a template, and no frame.
// A tree in a page's own markup is a limit with or without it: see trees.js.

/** What the attacks of this file share, where they are played. */
const kit = `{
  inside: '<iframe src=\\'javascript:void top.stage.check(window, "inside")\\'></iframe>',
  marker: '<?marker name="place"?>',
  range: '<?start name="place"?><i>old</i><?end name="place"?>',
  patch: (inner) => '<template for="place">' + inner + '</template>',
  tree: (inner, more = '') => '<p><template shadowrootmode=closed ' + more + '>' + inner + '</template></p>',
  child: () => document.body.appendChild(document.createElement('iframe')).contentWindow,
  box: () => document.body.appendChild(document.createElement('div')),
  script: (where) => '<script>for (let at = 0; at < length; at += 1) top.stage.check(window[at], "' + where + '")</' + 'script>',
}`;

/** An attack that is given them; what it started has time to run. */
const played = (source) => `async (stage) => {
  await (${source})(stage, ${kit});
  await stage.pause(200);
  stage.look('at last');
  stage.got.push('seen');
}`;

/** A page of a frame's own with this markup. */
const loaded = (markup) => `async (stage, kit) => {
  const frame = stage.frame('/markup?' + encodeURIComponent((${markup})(stage, kit)));
  document.body.append(frame);
  await stage.loaded(frame);
  stage.look('loaded', frame.contentWindow);
}`;

const placed = {
  'by innerHTML': (stage, { box, marker, patch }) => {
    box().innerHTML = `${marker}${patch(stage.html())}`;
    stage.look();
  },
  'by innerHTML over a range': (stage, { box, range, patch }) => {
    box().innerHTML = `<b>${range}</b>${patch(stage.html())}`;
    stage.look();
  },
  'by setHTMLUnsafe': (stage, { box, marker, patch, script }) => {
    box().setHTMLUnsafe(`${marker}${patch(stage.html() + script('unsafe'))}`, { runScripts: true });
    stage.look();
  },
  'by insertAdjacentHTML': (stage, { box, marker, patch }) => {
    const made = box();
    made.innerHTML = marker;
    made.insertAdjacentHTML('beforeend', patch(stage.html()));
    made.insertAdjacentHTML('beforeend', `${marker}${patch(stage.html())}`);
    stage.look();
  },
  'beside a custom element': (stage, { box, marker, patch }) => {
    const name = stage.name();
    customElements.define(name, class extends HTMLElement {
      connectedCallback() {
        stage.look('reaction');
      }
    });
    box().innerHTML = `${marker}${patch(`${stage.html()}<${name}></${name}>`)}`;
  },
  'by write, beside a script': (stage, { child, marker, patch, script }) => {
    const view = child();
    view.document.write(`<p>${marker}</p>${patch(stage.html() + script('written'))}`);
    stage.look('written', view);
  },
  'by write, before a script': (stage, { child, marker, patch, script }) => {
    const view = child();
    view.document.write(`<p>${marker}</p>${script('before')}${patch(stage.html())}${script('after')}`);
    stage.look('written', view);
  },
  'by write, sign by sign': (stage, { child, range, patch, script }) => {
    const view = child();
    for (const sign of `<p>${range}</p>${patch(stage.html() + script('signs'))}`) {
      view.document.write(sign);
      stage.look('sign', view);
    }
  },
  'by write into what is there': (stage, { child, marker, patch }) => {
    const view = child();
    view.document.write(`<p>${marker}</p>`);
    view.document.write(patch(stage.html()));
    stage.look('written', view);
  },
  'by a script that writes': (stage, { child, marker, patch }) => {
    const view = child();
    view.document.write(`<p>${marker}</p><script>document.write(${JSON.stringify(patch(stage.html()))}); top.stage.look('inner', window);</${'script'}>`);
  },
  'by a page': loaded((stage, { marker, patch, script }) => `<p>${marker}</p>${patch(stage.html() + script('page'))}${script('after')}`),
  'by a page over a range': loaded((stage, { range, patch, script }) => `<p>${range}</p>${patch(script('before') + stage.html() + script('page'))}`),
  'by another realm’s methods': (stage, { child, box, marker, patch }) => {
    const { set } = Object.getOwnPropertyDescriptor(child().Element.prototype, 'innerHTML');
    set.call(box(), `${marker}${patch(stage.html())}`);
    stage.look();
  },
};

const inTrees = {
  'in a tree, by write': (stage, { child, tree, marker, patch, inside }) => void child().document.write(tree(`${marker}${patch(inside)}`)),
  'in a tree, by write, from outside': (stage, { child, tree, marker, patch, inside }) => void child().document.write(tree(marker) + patch(inside)),
  'in a tree, by two writes': (stage, { child, marker, patch, inside }) => {
    const view = child();
    view.document.write(`<p><template shadowrootmode=closed>${marker}`);
    view.document.write(patch(inside));
  },
  'in a tree, by a later write': async (stage, { child, marker, patch, inside }) => {
    const view = child();
    view.document.write(`<p><template shadowrootmode=closed>${marker}`);
    await stage.pause(50);
    view.document.write(patch(inside));
  },
  'in a tree, by setHTMLUnsafe': (stage, { box, tree, marker, patch, inside }) => void box().setHTMLUnsafe(tree(`${marker}${patch(inside)}`)),
  'in a tree, by innerHTML': (stage, { box, marker, patch, inside }) => {
    box().attachShadow({ mode: 'closed' }).innerHTML = `${marker}${patch(inside)}`;
  },
  'in a tree, by a page, from outside': loaded((stage, { tree, marker, patch, inside }) => tree(marker) + patch(inside)),
  'a tree, by write': (stage, { child, tree, marker, patch, inside }) => void child().document.write(`<p>${marker}</p>${patch(tree(inside))}`),
  'a tree, by setHTMLUnsafe': (stage, { box, tree, marker, patch, inside }) => void box().setHTMLUnsafe(`${marker}${patch(tree(inside))}`),
  'a tree, by parseHTMLUnsafe': (stage, { tree, marker, patch, inside }) => {
    const doc = Document.parseHTMLUnsafe(`${tree(`${marker}${patch(inside)}`, 'shadowrootclonable')}<b>${marker}</b>${patch(tree(inside, 'shadowrootclonable'))}`);
    document.body.append(document.importNode(doc.body, true));
    document.body.append(...doc.body.childNodes);
  },
};

/** An option with a frame, made by `make(markup)` and set by index. */
const set = (make) => `async (stage, { marker, patch }) => {
  const select = document.body.appendChild(document.createElement('select'));
  const made = await (${make})('<select><option>' + marker + '</option></select>' + patch('<b>' + stage.html() + '</b>'), stage);
  const found = made.querySelector('option');
  if (found) select[0] = found;
  stage.look('select');
}`;

const inOptions = {
  'in an option, by innerHTML': set((markup) => {
    const made = document.createElement('div');
    made.innerHTML = markup;
    return made;
  }),
  'in an option of a template': set((markup) => {
    const made = document.createElement('template');
    made.innerHTML = markup;
    return made.content;
  }),
  'in an option of a fragment': set((markup) => new Range().createContextualFragment(markup)),
  'in an option of a parsed document': set((markup) => new DOMParser().parseFromString(markup, 'text/html')),
  'in an option by parseHTMLUnsafe': set((markup) => Document.parseHTMLUnsafe(markup)),
  'in an option by write': set((markup) => {
    const doc = document.implementation.createHTMLDocument();
    for (const sign of markup) doc.write(sign);
    return doc;
  }),
  'in an option of a frame’s page': set(async (markup, stage) => {
    const frame = stage.frame(`/markup?${encodeURIComponent(markup)}`);
    document.body.append(frame);
    await stage.loaded(frame);
    return frame.contentDocument;
  }),
};

export const patches = Object.fromEntries(
  Object.entries({ ...placed, ...inTrees, ...inOptions }).map(([name, source]) => [name, played(source)]),
);
