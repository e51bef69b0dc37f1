// `<object>` and `<embed>`, whose windows come when they are laid out or loaded: Chromium's, for Firefox makes
// them in a task of its own (an expected limit of the table).

/** An element of a page, with `attributes` as its kind spells them. */
const make = `(tag, attributes = {}) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries({ type: 'text/html', address: '/page?plugin', ...attributes })) {
    if (value !== null) made.setAttribute(name === 'address' ? (tag === 'object' ? 'data' : 'src') : name, value);
  }
  return made;
}`;

/** `act(stage, make, address, poke)` for both elements; `poke` has the browser make the window at once, and looks. */
const both = (act) => `async (stage) => {
  const make = ${make};
  for (const [tag, address] of [['object', 'data'], ['embed', 'src']]) {
    let place = window;
    const poke = (made, view = window) => {
      void made.anything;
      stage.look(tag, view);
    };
    await (${act})(stage, (attributes) => make(tag, attributes), address, poke);
    stage.got.push('seen');
  }
}`;

/** Inserted without a window, then changed by each of these. */
const shown = (show, around = (made) => made) => both(`async (stage, make, address, poke) => {
  const made = make({ style: 'display: none' });
  document.body.append((${around})(made));
  await stage.pause(50);
  await (${show})(made);
  poke(made);
}`);

const changed = (change, attributes = { type: 'x/none' }, again = attributes.type === 'x/none') => both(`async (stage, make, address, poke) => {
  const made = make(${JSON.stringify(attributes)});
  document.body.append(made);
  await stage.pause(50);
  (${change})(made, 'type', 'text/html', address);
  if (${again}) (${change})(made, address, '/page?late', address);
  made.offsetWidth;
  poke(made);
}`);

export const plugins = {
  'shown by its style': shown((made) => made.style.removeProperty('display')),
  'shown by an attribute': shown((made) => made.removeAttribute('style')),
  'shown by a style sheet': shown(() => {
    const sheet = new window.CSSStyleSheet();
    sheet.replaceSync('object, embed { display: block !important }');
    document.adoptedStyleSheets = [sheet];
  }),
  'shown with its parent': shown((made) => {
    made.style.removeProperty('display');
    made.parentNode.hidden = false;
  }, (made) => {
    const parent = document.createElement('p');
    parent.hidden = true;
    parent.append(made);
    return parent;
  }),
  'shown with the root': shown((made) => {
    made.style.removeProperty('display');
    document.documentElement.style.removeProperty('display');
  }, (made) => {
    document.documentElement.style.setProperty('display', 'none', 'important');
    return made;
  }),
  'shown by content-visibility': shown((made) => {
    made.style.removeProperty('display');
    made.parentNode.style.contentVisibility = 'visible';
  }, (made) => {
    const parent = document.createElement('p');
    parent.style.contentVisibility = 'hidden';
    parent.append(made);
    made.style.removeProperty('display');
    return parent;
  }),
  'shown by a slot': shown((made) => {
    made.style.removeProperty('display');
    made.parentNode.root.append(document.createElement('slot'));
  }, (made) => {
    const parent = document.createElement('p');
    parent.root = parent.attachShadow({ mode: 'closed' });
    parent.append(made);
    return parent;
  }),
  'shown as a fallback': shown((made) => {
    made.style.removeProperty('display');
    made.parentNode.setAttribute('type', 'x/none');
  }, (made) => {
    const parent = document.createElement('object');
    parent.type = 'text/html';
    parent.data = '/page';
    parent.append(made);
    return parent;
  }),
  'shown twice': shown((made) => {
    made.style.display = 'inline';
    made.offsetWidth;
    made.style.display = 'none';
    made.offsetWidth;
    made.style.display = 'block';
  }),
  'shown after it was put in again': shown(async (made) => {
    const { parentNode } = made;
    made.remove();
    parentNode.append(made);
    made.style.display = 'block';
  }),
  'in again, shown': both(async (stage, make, address, poke) => {
    const made = make();
    document.body.append(made);
    await stage.pause(50);
    made.remove();
    document.body.append(made);
    poke(made);
  }),
  'changed by setAttribute': changed((made, name, value) => made.setAttribute(name, value)),
  'changed by setAttributeNS': changed((made, name, value) => made.setAttributeNS(null, name, value)),
  'changed by an attribute’s value': changed((made, name, value) => (made.getAttributeNode(name).value = value)),
  'changed by a node’s value': changed((made, name, value) => (made.getAttributeNode(name).nodeValue = value)),
  'changed by a node’s text': changed((made, name, value) => (made.getAttributeNode(name).textContent = value)),
  'changed by setAttributeNode': changed((made, name, value) => {
    const node = document.createAttribute(name);
    node.value = value;
    made.setAttributeNode(node);
  }),
  'changed by setNamedItem': changed((made, name, value) => {
    const node = document.createAttribute(name);
    node.value = value;
    made.attributes.setNamedItem(node);
  }),
  'changed by removeAttribute': changed((made, name) => made.removeAttribute(name), { type: 'x/none' }, false),
  'changed by removeNamedItem': changed((made, name) => made.attributes.removeNamedItem(name), { type: 'x/none' }, false),
  'changed by toggleAttribute': changed((made, name) => made.toggleAttribute(name), { type: 'x/none' }, false),
  'changed by a property': changed((made, name, value) => (made[name] = value)),
  'changed by another realm’s setter': changed((made, name, value) => {
    const frame = document.createElement('iframe');
    document.body.append(frame);
    const { setAttribute } = frame.contentWindow.Element.prototype;
    frame.remove();
    setAttribute.call(made, name, value);
  }),
  'given an address': changed((made, name, value, address) => made.setAttribute(address, '/page?late'), { type: null, address: null }),
  'given an address by setNamedItem': changed((made, name, value, address) => {
    const node = document.createAttribute(address);
    node.value = '/page?late';
    made.attributes.setNamedItem(node);
  }, { type: null, address: null }),
  'given an address by property': changed((made, name, value, address) => (made[address] = '/page?late'), { type: null, address: null }),
  'given an address, of an image before': changed((made, name, value, address) => {
    made[address] = '/page?late';
    made.type = 'text/html';
  }, { type: 'image/png', address: null }),
  'changed while hidden': both(async (stage, make, address, poke) => {
    const made = make({ type: 'x/none', style: 'display: none' });
    document.body.append(made);
    made.type = 'image/png';
    await stage.pause(50);
    made.type = 'text/html';
    made.style.display = 'block';
    poke(made);
  }),
  'in markup': both((stage, make, address, poke) => {
    const place = document.createElement('div');
    document.body.append(place);
    place.innerHTML = make().outerHTML;
    poke(place.firstChild);
  }),
  'in markup as an object': both((stage, make, address, poke) => {
    const place = document.createElement('div');
    document.body.append(place);
    place.innerHTML = { toString: () => make().outerHTML };
    poke(place.firstChild);
  }),
  'in XML with a prefix': both(async (stage, make, address, poke) => {
    const frame = stage.frame(URL.createObjectURL(new Blob(['<html xmlns="http://www.w3.org/1999/xhtml"><body/></html>'], { type: 'application/xhtml+xml' })));
    document.body.append(frame);
    await stage.loaded(frame);
    const view = frame.contentWindow;
    const { body } = view.document;
    body.innerHTML = `<x:${make().localName} xmlns:x="http://www.w3.org/1999/xhtml" type="text/html" ${address}="${location.origin}/page"/>`;
    poke(body.firstChild, view);
  }),
  'written': both((stage, make, address, poke) => {
    const frame = document.createElement('iframe');
    document.body.append(frame);
    const view = frame.contentWindow;
    const text = make({ address: `${location.origin}/page` }).outerHTML;
    view.document.write(text.slice(0, 4));
    view.document.write(text.slice(4));
    poke(view.document.querySelector('object, embed'), view);
  }),
  'in a reaction': both((stage, make, address, poke) => {
    const made = make();
    const name = stage.name();
    customElements.define(name, class extends HTMLElement {
      connectedCallback() {
        poke(made);
      }
    });
    document.body.append(made, document.createElement(name));
  }),
  'in a reaction, by markup': both((stage, make, address, poke) => {
    const name = stage.name();
    customElements.define(name, class extends HTMLElement {
      connectedCallback() {
        poke(this.previousSibling);
      }
    });
    const place = document.createElement('div');
    document.body.append(place);
    place.innerHTML = `${make().outerHTML}<${name}></${name}>`;
  }),
  'in its own reaction': both((stage, make, address, poke) => {
    const name = stage.name();
    const tag = make().localName;
    const Base = tag === 'object' ? window.HTMLObjectElement : window.HTMLEmbedElement;
    const told = [];
    customElements.define(name, class extends Base {
      static observedAttributes = ['data', 'src', 'type', 'style'];
      attributeChangedCallback(attribute) {
        told.push(attribute);
        if (this.isConnected) {
          this.style.setProperty('display', 'block', 'important');
          poke(this);
        }
      }
      connectedMoveCallback() {
        this.style.setProperty('display', 'block', 'important');
        poke(this);
      }
    }, { extends: tag });
    const made = document.createElement(tag, { is: name });
    made.type = 'text/html';
    made[address] = '/page?own';
    made.style.display = 'none';
    const before = told.length;
    document.body.append(made);
    if (told.length !== before) stage.got.push(`told of ${told.slice(before)}`);
    poke(made);
  }),
  'in a frame that is not shown': both((stage, make, address, poke) => {
    const frame = document.createElement('iframe');
    frame.style.display = 'none';
    document.body.append(frame);
    const view = frame.contentWindow;
    const made = view.document.importNode(make({ address: `${location.origin}/page`, style: 'display: none' }), true);
    view.document.body.append(made);
    frame.style.display = 'block';
    made.style.display = 'block';
    poke(made, view);
  }),
  'while another frame goes': both(async (stage, make, address, poke) => {
    const frame = stage.frame('/page');
    document.body.append(frame);
    await stage.loaded(frame);
    const made = make();
    frame.contentWindow.addEventListener('pagehide', () => {
      document.body.append(made);
      poke(made);
    });
    frame.remove();
    poke(made);
    await stage.pause(30);
    poke(made);
  }),
  'moved': both(async (stage, make, address, poke) => {
    const made = make({ style: 'display: none' });
    const place = document.createElement('div');
    document.body.append(place, made);
    if (place.moveBefore) place.moveBefore(made, null);
    made.style.display = 'block';
    poke(made);
  }),
  'out of a shadow tree': both(async (stage, make, address, poke) => {
    const made = make({ style: 'display: none' });
    const host = document.createElement('div');
    document.body.append(host);
    host.attachShadow({ mode: 'open' }).append(made);
    document.body.moveBefore?.(made, null);
    made.style.display = 'block';
    poke(made);
  }),
  'done again': both((stage, make, address, poke) => {
    const editable = document.createElement('div');
    editable.contentEditable = 'true';
    document.body.append(editable);
    editable.focus();
    getSelection().selectAllChildren(editable);
    document.execCommand('insertHTML', false, make({ address: `${location.origin}/page` }).outerHTML);
    document.execCommand('undo');
    document.execCommand('redo');
    poke(document.querySelector('object, embed'));
  }),
  'moved by the parser': both(async (stage, make, address, poke) => {
    const made = make({ address: `${location.origin}/page`, style: 'display: none' });
    const frame = stage.frame(`/pieces?${encodeURIComponent(made.outerHTML)}`);
    document.body.append(frame);
    await stage.loaded(frame);
    const view = frame.contentWindow;
    const found = view.document.querySelector('object, embed');
    if (found.closest('i') === null || view.document.querySelectorAll('i').length < 2) stage.got.push('not moved');
    found.style.display = 'block';
    poke(found, view);
  }),
  'as the root': both(async (stage, make, address, poke) => {
    const frame = document.createElement('iframe');
    document.body.append(frame);
    const view = frame.contentWindow;
    const made = view.document.importNode(make({ address: `${location.origin}/page`, style: 'display: none' }), true);
    view.document.documentElement.replaceWith(made);
    made.style.display = 'block';
    poke(made, view);
  }),
  'what is shown later is what was asked for': both(async (stage, make, address) => {
    const heard = [];
    const made = make({ style: 'display: none', address: '/page?asked' });
    made.onload = () => heard.push('load');
    document.body.append(made);
    const text = made.outerHTML;
    await stage.pause(100);
    if (heard.length && address === 'src') stage.got.push('told of a load'); // an object loads at once
    if (!text.includes('/page?asked') || !text.includes('style="display: none"')) stage.got.push(text);
    made.style.display = 'block';
    await stage.poll(() => window[0]?.location.search === '?asked' && window[0].document.readyState === 'complete');
    await stage.pause(50);
    if (heard.join() !== 'load') stage.got.push(`told of ${heard}`);
    if (window.length !== 1 || window[0].location.href !== `${location.origin}/page?asked`) stage.got.push(`${window.length} ${window[0]?.location.href}`);
    stage.look('loaded');
    made.remove();
  }),
};
