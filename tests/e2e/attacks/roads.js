// Roads to a realm by code that the browser runs inside it, by documents of other kinds and by what few pages use.

/** Code for a `javascript:` address: what it finds where it runs goes to the page that plays the attack. */
const inside = 'void top.stage.check(window, "inside")';

/** A shadow tree with a frame in it, filled as `fill(stage, root, frame)` says. */
const shadowed = (fill) => `async (stage) => {
  const host = document.createElement('div');
  const frame = document.createElement('iframe');
  frame.src = 'javascript:${inside}';
  await (${fill})(stage, host, frame);
  await stage.pause(200);
  stage.check(frame.contentWindow, 'after');
}`;

/** A frame on its way, and code that is sent into it by \`send(stage, frame, address)\`. */
const sent = (send, place = 'document.body') => `async (stage) => {
  const frame = stage.frame('/wait');
  frame.name = stage.name();
  const host = document.createElement('div');
  document.body.append(host);
  const root = ${place};
  root.append(frame);
  await (${send})(stage, frame, 'javascript:${inside}');
  await stage.pause(150);
  stage.check(frame.contentWindow, 'after');
}`;
const SHADOW = "host.attachShadow({ mode: 'closed' })";

/** A frame of a frame, put there by `insert(range, made)` and taken from the window at once. */
const ranged = (insert) => `async (stage) => {
  const view = document.body.appendChild(stage.frame()).contentWindow;
  const { document: doc } = view;
  const range = doc.createRange();
  range.selectNodeContents(doc.body);
  (${insert})(range, stage.frame());
  stage.check(view[0]);
}`;

const byLink = (stage, frame, address) => {
  const link = document.createElement('a');
  link.href = address;
  link.target = frame.name;
  document.body.append(link);
  link.click();
};
const byForm = (stage, frame, address) => {
  const form = document.createElement('form');
  form.action = address;
  form.target = frame.name;
  document.body.append(form);
  form.submit();
};
const byOpen = (stage, frame, address) => void window.open(address, frame.name);
const bySrc = (stage, frame, address) => void (frame.src = address);
const bySvgLink = (stage, frame, address) => {
  const link = document.createElementNS('http://www.w3.org/2000/svg', 'a');
  link.setAttribute('href', address);
  link.setAttribute('target', frame.name);
  document.body.appendChild(document.createElementNS('http://www.w3.org/2000/svg', 'svg')).append(link);
  link.dispatchEvent(new MouseEvent('click', { bubbles: true }));
};

export const roads = {
  'a shadow tree filled before, with code as its address': shadowed((stage, host, frame) => {
    host.attachShadow({ mode: 'open' }).append(frame);
    document.body.append(host);
  }),
  'a closed shadow tree filled later, with code as its address': shadowed((stage, host, frame) => {
    document.body.append(host);
    host.attachShadow({ mode: 'closed' }).append(frame);
  }),
  'a shadow tree moved in, with code as its address': shadowed((stage, host, frame) => {
    host.attachShadow({ mode: 'open' }).append(frame);
    const outer = document.createElement('div');
    outer.append(host);
    document.body.insertAdjacentElement('afterbegin', outer);
  }),
  'a shadow tree by markup, with code as its address': `async (stage) => {
    const host = document.createElement('div');
    document.body.append(host);
    host.attachShadow({ mode: 'open' }).innerHTML = '<iframe src="javascript:${inside.replaceAll('"', '&quot;')}"></iframe>';
    await stage.pause(200);
    stage.check(host.shadowRoot.querySelector('iframe').contentWindow, 'after');
  }`,
  'a declared shadow tree, with code as its address': `async (stage) => {
    const host = document.createElement('div');
    document.body.append(host);
    host.setHTMLUnsafe('<p><template shadowrootmode=open><iframe src="javascript:${inside.replaceAll('"', '&quot;')}"></iframe></template></p>');
    await stage.pause(200);
    stage.check(host.firstElementChild.shadowRoot.querySelector('iframe').contentWindow, 'after');
  }`,
  'code sent by a link': sent(byLink),
  'code sent by a form': sent(byForm),
  'code sent by open()': sent(byOpen),
  'code sent by src': sent(bySrc),
  'code sent by a link of SVG': sent(bySvgLink),
  'code sent by a link into a shadow tree': sent(byLink, SHADOW),
  'code sent by a form into a shadow tree': sent(byForm, SHADOW),
  'code sent by open() into a shadow tree': sent(byOpen, SHADOW),
  'code sent by src into a shadow tree': sent(bySrc, SHADOW),
  'code sent by a link into a shadow tree filled before': `async (stage) => {
    const host = document.createElement('div');
    const frame = stage.frame('/wait');
    frame.name = stage.name();
    host.attachShadow({ mode: 'closed' }).append(frame);
    document.body.append(host);
    await (${byLink})(stage, frame, 'javascript:${inside}');
    await stage.pause(150);
    stage.check(frame.contentWindow, 'after');
  }`,
  'a host that is taken out and put in again': async (stage) => {
    const host = document.createElement('div');
    document.body.append(host);
    const frame = document.createElement('iframe');
    frame.src = 'javascript:void top.stage.check(window, "inside")';
    host.attachShadow({ mode: 'closed' }).append(frame);
    await stage.pause(100);
    host.remove();
    document.body.append(host);
    await stage.pause(200);
    stage.check(frame.contentWindow, 'after');
  },
  'a frame in a tree of light elements within a shadow tree': async (stage) => {
    const host = document.createElement('div');
    const inner = document.createElement('div');
    const frame = document.createElement('iframe');
    frame.src = 'javascript:void top.stage.check(window, "inside")';
    inner.append(frame);
    const outer = document.createElement('section');
    outer.attachShadow({ mode: 'closed' }).append(host);
    host.attachShadow({ mode: 'closed' }).append(inner);
    document.body.replaceChildren(outer);
    await stage.pause(200);
    stage.check(frame.contentWindow, 'after');
  },
  'a frame inserted by a range of a frame’s document': ranged((range, made) => range.insertNode(made)),
  'a frame moved by a range of a frame’s document': ranged((range, made) => {
    range.insertNode(made);
    range.selectNode(made);
    range.surroundContents(range.startContainer.ownerDocument.createElement('div'));
  }),
  'a frame inserted by this realm’s range methods in a frame': ranged((range, made) => Range.prototype.insertNode.call(range, made)),
  'a frame in a fragment by a range of a frame’s document': ranged((range, made) => {
    const fragment = document.createDocumentFragment();
    fragment.append(made);
    range.insertNode(fragment);
  }),
  'a tree brought by a range of a frame’s document': `async (stage) => {
    const host = document.createElement('div');
    host.attachShadow({ mode: 'closed' }).innerHTML = '<iframe src="javascript:${inside}"></iframe>';
    const { document: doc } = document.body.appendChild(stage.frame()).contentWindow;
    const range = doc.createRange();
    range.selectNodeContents(doc.body);
    range.insertNode(host);
    await stage.pause(200);
    stage.got.push('seen');
  }`,
  'closed shadow trees in markup': async (stage) => {
    const markup = (mode) => `<p><template shadowrootmode=${mode}><iframe src='javascript:void top.stage.check(window, "inside")'></iframe></template></p>`;
    document.body.setHTMLUnsafe(markup('closed'));
    await stage.pause(150);
    const parsed = Document.parseHTMLUnsafe(markup('open'));
    document.body.append(document.adoptNode(parsed.body.firstChild));
    document.body.append(document.adoptNode(Document.parseHTMLUnsafe(markup('closed')).body.firstChild));
    await stage.pause(150);
    stage.got.push('seen');
  },
};
