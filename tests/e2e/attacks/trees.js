// Frames in shadow trees that no call makes: written, cloned, or brought from another document. Each has code as
// its address, which runs in a task of its own.

/** What the attacks of this file share, where they are played. */
const kit = `{
  frame: '<iframe src=\\'javascript:void top.stage.check(window, "inside")\\'></iframe>',
  late: '<iframe src=\\'javascript:void (parent === top && top.stage.check(window, "inside"))\\'></iframe>',
  tree: (inner, more = '') => '<template shadowrootmode=closed ' + more + '>' + inner + '</template>',
  host(inner, attach = Element.prototype.attachShadow) {
    const made = document.createElement('div');
    attach.call(made, { mode: 'closed', clonable: true }).innerHTML = inner;
    return made;
  },
  child: () => document.body.appendChild(document.createElement('iframe')).contentWindow,
  wait() {
    const request = new XMLHttpRequest();
    request.open('GET', '/page', false);
    request.send();
  },
}`;

/** An attack that is given them; what it started has time to run, more where the machine is busy. */
const played = (source) => `async (stage) => {
  await (${source})(stage, ${kit});
  await stage.pause(200);
  for (let turn = 0; turn < 50 && stage.got.length === 0; turn += 1) await stage.pause(100);
}`;

const written = {
  'into a frame': (stage, { child, frame, tree }) => void child().document.write(`<p>${tree(frame)}</p>`),
  'sign by sign': (stage, { child, frame, tree }) => {
    const { document: doc } = child();
    for (const sign of `<p>${tree(frame)}</p>`) doc.write(sign);
  },
  'by a script in what is written': (stage, { child, frame }) =>
    void child().document.write(`<p><script>document.write('<temp')</${'script'}>late shadowrootmode=closed>${frame}</template>`),
  'over the page itself': (stage, { frame, tree }) => {
    document.write(`<body><p>${tree(frame)}</p>`);
    document.close();
  },
  'into a host written before': async (stage, { child, frame, tree }) => {
    const { document: doc } = child();
    doc.write('<p>');
    await stage.pause(50);
    doc.write(tree(frame));
  },
  'into a host moved meanwhile': (stage, { child, frame, tree }) => {
    const { document: doc } = child();
    doc.write('<div>a</div><p>');
    doc.body.prepend(doc.querySelector('p'));
    doc.write(tree(frame));
  },
  'into a host moved to another document': (stage, { child, frame, tree }) => {
    const { document: doc } = child();
    doc.write(`<i>${tree('')}</i><p>`);
    document.body.append(doc.querySelector('p'));
    doc.write(tree(frame));
  },
  'into a host moved before a table': async (stage, { child, frame, tree }) => {
    const { document: doc } = child();
    doc.write('<table><p>');
    await stage.pause(50);
    doc.write(tree(frame));
  },
  'in each other': (stage, { child, frame, tree }) => void child().document.write(`<p>${tree(`<div>${tree(frame)}</div>`)}`),
  'within SVG': (stage, { child, frame, tree }) => void child().document.write(`<svg><foreignObject><p>${tree(frame)}`),
  'in a template in a tree': (stage, { child, frame, tree }) => {
    const { document: doc } = child();
    doc.write(`<p><template shadowrootmode=open><template><div>${tree(frame, 'shadowrootclonable')}</div></template></template></p>`);
    const { content } = doc.querySelector('p').shadowRoot.querySelector('template');
    document.body.append(content.cloneNode(true));
  },
  'and filled by another write': (stage, { child, frame }) => {
    const { document: doc } = child();
    doc.write('<p><template shadowrootmode=closed>');
    doc.write(frame);
  },
  'by another realm’s method': (stage, { child, frame, tree }) => {
    const { Document } = child();
    Document.prototype.write.call(child().document, `<p>${tree(frame)}</p>`);
  },
  'by two realms’ methods': (stage, { child, frame }) => {
    const { Document } = child();
    const { document: doc } = child();
    doc.open();
    Document.prototype.write.call(doc, '<p>');
    doc.write('<temp');
    Document.prototype.write.call(doc, 'late shadowrootmode=closed>');
    doc.write(frame);
  },
  'by two realms’ methods, the tag cut': (stage, { child, frame }) => {
    const { Document } = child();
    const { document: doc } = child();
    doc.open();
    Document.prototype.write.call(doc, '<p><temp');
    doc.write(`late shadowrootmode=closed>${frame}`);
    stage.got.push('seen');
  },
  'elsewhere and brought here': (stage, { frame, tree }) => {
    const doc = document.implementation.createHTMLDocument();
    for (let count = 0; count < 3; count += 1) doc.write(`<p>${tree(frame, 'shadowrootclonable')}</p>`);
    document.body.append(doc.querySelector('p'));
    document.body.append(document.adoptNode(doc.querySelector('p')));
    document.body.append(document.importNode(doc.body, true));
    stage.got.push('seen');
  },
  'into a frame that is gone': (stage, { child, frame, tree }) => {
    const { document: doc, frameElement } = child();
    doc.write(`<p>${tree(frame)}</p>`);
    const host = doc.querySelector('p');
    frameElement.remove();
    document.body.append(host);
  },
  'elsewhere and set as an option': (stage, { frame, tree }) => {
    const doc = document.implementation.createHTMLDocument();
    doc.write(`<select><option><p>${tree(frame)}</p></option></select>`);
    const select = document.body.appendChild(document.createElement('select'));
    select[0] = doc.querySelector('option') ?? document.createElement('option');
    stage.got.push('seen');
  },
  'into a frame that is not there yet': (stage, { frame, tree }) => {
    const pending = stage.frame('/wait');
    document.body.append(pending);
    pending.contentDocument.write(`<p>${tree(frame)}</p>`);
  },
  'and inserted where nobody sees it any more': async (stage, { child, frame, tree }) => {
    child().document.write(`<p>${tree(frame)}</p>`);
    const { document: doc, frameElement } = child();
    const made = document.body.appendChild(document.createElement('p'));
    doc.body.append(made);
    frameElement.remove();
    await stage.pause(50);
    made.attachShadow({ mode: 'open' });
    document.body.append(made);
  },
  'before a call that waits': (stage, { child, frame, tree, wait }) => {
    child().document.write(`<p>${tree(frame)}</p>`);
    wait();
  },
};

const cloned = {
  'and inserted': (stage, { frame, host }) => void document.body.append(host(frame).cloneNode(true)),
  'shallowly': (stage, { frame, host }) => void document.body.append(host(frame).cloneNode()),
  'by importNode': (stage, { frame, host }) => void document.body.append(document.importNode(host(frame), true)),
  'by a range': (stage, { frame, host }) => {
    const range = new Range();
    range.selectNode(document.body.appendChild(document.createElement('p')).appendChild(host(frame)));
    document.body.append(range.cloneContents());
  },
  'in each other': (stage, { frame, host }) => {
    const outer = host('<p></p>');
    outer.append(host(frame));
    document.body.append(outer.cloneNode(true));
  },
  'many deep': (stage, { frame, host }) => {
    let inner = host(frame);
    for (let depth = 0; depth < 150; depth += 1) {
      const outer = document.createElement('div');
      outer.attachShadow({ mode: 'closed', clonable: true }).append(inner);
      inner = outer;
    }
    document.body.append(inner.cloneNode(true));
  },
  'into a closed tree': (stage, { frame, host }) => {
    const outer = document.body.appendChild(document.createElement('div'));
    const first = host(frame);
    outer.attachShadow({ mode: 'closed' }).append(first.cloneNode(true));
  },
  'into a tree that is inserted then': (stage, { frame, host }) => {
    const outer = document.createElement('div');
    outer.attachShadow({ mode: 'closed' }).append(host(frame).cloneNode(true));
    document.body.append(outer);
  },
  'into a frame': (stage, { child, frame, host }) => void child().document.body.append(host(frame).cloneNode(true)),
  'into a frame that is not there yet': (stage, { frame, host }) => {
    const pending = stage.frame('/wait');
    document.body.append(pending);
    pending.contentDocument.body.append(host(frame).cloneNode(true));
  },
  'and moved': async (stage, { frame, host }) => {
    const clone = host(frame).cloneNode(true);
    document.body.append(clone);
    await stage.pause(50);
    if (document.body.moveBefore) document.body.moveBefore(clone, null);
    document.body.prepend(clone);
  },
  'and sent code by its name': async (stage, { host }) => {
    const name = stage.name();
    document.body.append(host(`<iframe name="${name}" src="/wait"></iframe>`).cloneNode(true));
    window.open('javascript:void top.stage.check(window, "inside")', name).closed;
  },
  'and sent code by a form': async (stage, { host }) => {
    const name = stage.name();
    document.body.append(host(`<iframe name="${name}" src="/wait"></iframe>`).cloneNode(true));
    const form = document.body.appendChild(document.createElement('form'));
    form.action = 'javascript:void top.stage.check(window, "inside")';
    form.target = name;
    form.submit();
  },
  'set as an option': (stage, { frame, host }) => {
    const select = document.body.appendChild(document.createElement('select'));
    const option = document.createElement('option');
    option.append(host(frame).cloneNode(true));
    select[0] = option;
    stage.got.push('seen');
  },
  'mirrored by a select': (stage, { frame, host }) => {
    const select = document.createElement('select');
    const button = document.createElement('button');
    button.append(document.createElement('selectedcontent'));
    const second = document.createElement('option');
    second.append(host(frame));
    select.append(button, document.createElement('option'), second);
    document.body.append(select);
    select.selectedIndex = 1;
    stage.got.push('seen');
  },
  'of a tree by setHTMLUnsafe': (stage, { frame }) => {
    const box = document.createElement('div');
    box.setHTMLUnsafe(`<p><template shadowrootmode=open shadowrootclonable>${frame}</template></p>`);
    document.body.append(box.cloneNode(true));
  },
  'of a tree by parseHTMLUnsafe': (stage, { frame }) => {
    const doc = Document.parseHTMLUnsafe(`<p><template shadowrootmode=open shadowrootclonable>${frame}</template></p>`);
    document.body.append(document.importNode(doc.body.firstChild, true));
  },
  'of a template’s tree': (stage, { frame, host }) => {
    const template = document.createElement('template');
    template.content.append(host(frame));
    document.body.append(template.content.cloneNode(true));
    document.body.append(document.importNode(template.content, true));
  },
  'and filled by markup later': (stage, { frame }) => {
    const name = stage.name();
    customElements.define(name, class extends HTMLElement {
      connectedCallback() {
        this.outerHTML = frame;
      }
    });
    const made = document.createElement('div');
    made.attachShadow({ mode: 'closed', clonable: true }).innerHTML = `<${name}></${name}>`;
    document.body.append(made.cloneNode(true));
  },
  'beside a custom element': (stage, { frame, host }) => {
    const name = stage.name();
    customElements.define(name, class extends HTMLElement {
      connectedCallback() {
        stage.check(this.getRootNode().querySelector('iframe').contentWindow, 'reaction');
      }
    });
    document.body.append(host(`${frame}<${name}></${name}>`).cloneNode(true));
  },
  'before a call that waits': (stage, { frame, host, wait }) => {
    document.body.append(host(frame).cloneNode(true));
    wait();
  },
  'before a question': (stage, { frame, host }) => {
    document.body.append(host(frame).cloneNode(true));
    window.alert('one');
    window.confirm('two');
    window.prompt('three');
  },
  'before a document that is written': (stage, { child, frame, host }) => {
    document.body.append(host(frame).cloneNode(true));
    child().document.write('<script src="/slow-script"></script>');
  },
  'with another realm’s attachShadow': (stage, { child, frame, host }) =>
    void document.body.append(host(frame, child().Element.prototype.attachShadow).cloneNode(true)),
  'with another realm’s methods': (stage, { child, frame, host }) => {
    const { Element, Node } = child();
    Element.prototype.append.call(document.body, Node.prototype.cloneNode.call(host(frame), true));
  },
  'with methods of a frame that is gone': (stage, { child, frame, host }) => {
    const { Element, Node, frameElement } = child();
    frameElement.remove();
    Element.prototype.append.call(document.body, Node.prototype.cloneNode.call(host(frame), true));
  },
};

const others = {
  'a tree filled by another realm’s method': (stage, { child, frame }) => {
    const place = document.createElement('div');
    place.innerHTML = frame;
    const made = document.createElement('div');
    child().DocumentFragment.prototype.append.call(made.attachShadow({ mode: 'closed' }), place.firstChild);
    document.body.append(made);
  },
  'a tree filled by a method of a frame that is gone': (stage, { child, frame }) => {
    const { DocumentFragment, frameElement } = child();
    const place = document.createElement('div');
    place.innerHTML = frame;
    const made = document.createElement('div');
    const root = made.attachShadow({ mode: 'closed' });
    frameElement.remove();
    DocumentFragment.prototype.append.call(root, place.firstChild);
    document.body.append(made);
    stage.got.push('seen');
  },
  'a template’s tree filled by another realm’s method': (stage, { child, frame }) => {
    const { DocumentFragment } = child();
    const place = document.createElement('div');
    place.innerHTML = frame;
    const template = document.createElement('template');
    const made = template.content.appendChild(document.createElement('div'));
    DocumentFragment.prototype.append.call(made.attachShadow({ mode: 'closed' }), place.firstChild);
    document.body.append(template.content);
    stage.got.push('seen');
  },
  'outerHTML in a closed tree': (stage, { frame }) => {
    const made = document.body.appendChild(document.createElement('div'));
    const root = made.attachShadow({ mode: 'closed' });
    root.append(document.createElement('p'));
    root.firstChild.outerHTML = frame;
  },
  'execCommand in a closed tree': (stage, { frame }) => {
    const made = document.body.appendChild(document.createElement('div'));
    const root = made.attachShadow({ mode: 'closed' });
    root.innerHTML = '<p contenteditable>text</p>';
    root.firstChild.focus();
    getSelection().collapse(root.firstChild.firstChild, 1);
    document.execCommand('insertHTML', false, frame);
    stage.got.push('seen');
  },
  'a host in an option': (stage, { frame }) => {
    const made = document.createElement('div');
    made.attachShadow({ mode: 'closed' }).innerHTML = frame;
    const option = document.createElement('option');
    option.append(made);
    const select = document.body.appendChild(document.createElement('select'));
    select[0] = option;
    stage.got.push('seen');
  },
  'an object with code in a closed tree': (stage) => {
    const made = document.body.appendChild(document.createElement('div'));
    const root = made.attachShadow({ mode: 'closed' });
    root.innerHTML = '<object data=\'javascript:void top.stage.check(window, "inside")\'></object><embed src=\'javascript:void top.stage.check(window, "inside")\'>';
    stage.got.push('seen');
  },
  'the host of a page in a frame': async (stage, { late, tree }) => {
    const frame = stage.frame(`/markup?${encodeURIComponent(`<p>${tree(late, 'shadowrootclonable')}</p><div>${tree(late)}</div>`)}`);
    document.body.append(frame);
    await stage.loaded(frame);
    const doc = frame.contentDocument;
    document.body.append(document.importNode(doc.querySelector('p'), true));
    document.body.append(doc.querySelector('div'));
  },
  'the template of a page in a frame': async (stage, { frame, tree }) => {
    const page = stage.frame(`/markup?${encodeURIComponent(`<template><p>${tree(frame, 'shadowrootclonable')}</p></template>`)}`);
    document.body.append(page);
    await stage.loaded(page);
    const { content } = page.contentDocument.querySelector('template');
    page.contentDocument.body.append(content.cloneNode(true));
    document.body.append(document.importNode(content, true));
    document.body.append(content);
  },
};

const named = (group, attacks) => Object.entries(attacks).map(([name, source]) => [group ? `${group} ${name}` : name, played(source)]);

export const trees = Object.fromEntries([...named('written', written), ...named('cloned', cloned), ...named('', others)]);

/** Expected limits: each has to leak. One that does no longer goes into `trees`, and out of ARCHITECTURE's limits. */
const limited = {
  'a tree in the page’s own markup': async (stage, { frame, tree }) => {
    const page = stage.frame(`/markup?${encodeURIComponent(`<p>${tree(frame)}</p>`)}`);
    document.body.append(page);
    await stage.loaded(page);
  },
};
export const limits = Object.fromEntries(Object.entries(limited).map(([name, source]) => [name, played(source)]));
