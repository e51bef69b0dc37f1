// Ways to have a select insert a frame: by its indexed setter, or by mirroring an option.

/** A frame within an option, made by `make(stage)`, set by index. */
const set = (make) => `async (stage) => {
  const select = document.createElement('select');
  document.body.append(select);
  const option = await (${make})(stage);
  select[0] = option;
  stage.look('select');
  select.options[1] = option;
  stage.look('options');
  Object.defineProperty(select.options, '2', { value: option, configurable: true, enumerable: true, writable: true });
  stage.look('defined');
  stage.got.push('seen');
}`;

/** A select with a mirror, and `change(select, option, form)` that has the option mirrored. */
const mirrored = (change) => `(stage) => {
  const form = document.createElement('form');
  document.body.append(form);
  const select = document.createElement('select');
  select.style.appearance = 'base-select';
  const button = document.createElement('button');
  button.append(document.createElement('selectedcontent'));
  const [first, second] = [new Option('a', 'a'), new Option('', 'b')];
  second.append(stage.frame());
  select.append(button, first, second);
  form.append(select);
  (${change})(select, second, form);
  stage.look('mirror');
  stage.got.push('seen');
}`;

export const options = {
  'an option with a frame': set((stage) => {
    const option = document.createElement('option');
    option.append(stage.frame());
    return option;
  }),
  'an option around a frame': set((stage) => {
    const option = document.createElement('option');
    const box = document.createElement('div');
    box.append(stage.frame());
    option.append(box);
    return option;
  }),
  'an option given a frame by outerHTML': set((stage) => {
    const option = document.createElement('option');
    option.append(document.createElement('p'));
    option.firstChild.outerHTML = stage.html();
    return option;
  }),
  'an option given a frame by innerHTML': set((stage) => {
    const option = document.createElement('option');
    option.innerHTML = `<div>${stage.html()}</div>`;
    return option;
  }),
  'an option surrounding a frame': set((stage) => {
    const box = document.createElement('div');
    box.append(stage.frame());
    const range = new Range();
    range.selectNodeContents(box);
    const option = document.createElement('option');
    range.surroundContents(option);
    return option;
  }),
  'an option of a template': set((stage) => {
    const template = document.createElement('template');
    template.innerHTML = `<option>${stage.html()}</option>`;
    return template.content.cloneNode(true).firstChild;
  }),
  'an option of a shadow tree': set((stage) => {
    const root = document.createElement('div').attachShadow({ mode: 'closed' });
    root.innerHTML = `<option><i>${stage.html()}</i></option>`;
    return root.querySelector('option');
  }),
  'an option of a declared shadow tree': set((stage) => {
    window.heard = (frame) => (window.option = frame.closest('option'));
    const box = document.createElement('div');
    document.body.append(box);
    box.setHTMLUnsafe({
      toString: () => `<div><template shadowrootMODE="closed"><option>${stage.html()}<iframe onload="heard(this)"></iframe></option></template></div>`,
    });
    return window.option ?? document.createElement('option');
  }),
  'an option of parsed HTML': set((stage) =>
    new DOMParser().parseFromString(`<option><b>${stage.html()}</b></option>`, 'text/html').querySelector('option')),
  'an option of parsed XML, spelt in references': set((stage) => {
    const text = `<!DOCTYPE r [<!ENTITY e "&#60;&#105;frame xmlns='http://www.w3.org/1999/xhtml' src='${stage.address()}'/>">]>
      <r><option xmlns="http://www.w3.org/1999/xhtml">&e;</option></r>`;
    return new DOMParser().parseFromString(text, 'application/xml').querySelector('option') ?? document.createElement('option');
  }),
  'an option of a parsed document': set((stage) => Document.parseHTMLUnsafe(`<option>${stage.html()}</option>`).querySelector('option')),
  'an option of a fragment': set((stage) => new Range().createContextualFragment(`<option>${stage.html()}</option>`).firstChild),
  'an option written elsewhere': set((stage) => {
    const doc = document.implementation.createHTMLDocument();
    doc.write('<opt');
    doc.write(`ion>${stage.html()}</option>`);
    return doc.querySelector('option');
  }),
  'an option of an answer': set((stage) => {
    const request = new XMLHttpRequest();
    request.responseType = 'document';
    request.open('GET', URL.createObjectURL(new Blob([`<option>${stage.html()}</option>`], { type: 'text/html' })));
    return new Promise((resolve) => {
      request.onload = () => resolve(request.response.querySelector('option'));
      request.send();
    });
  }),
  'an option of a frame’s page': set(async (stage) => {
    const frame = stage.frame(URL.createObjectURL(new Blob([`<!doctype html><option>${stage.html()}</option>`], { type: 'text/html' })));
    document.body.append(frame);
    await stage.loaded(frame);
    return frame.contentDocument.querySelector('option');
  }),
  'an option mirrored by value': mirrored((select) => {
    select.value = 'b';
  }),
  'an option mirrored by index': mirrored((select) => {
    select.selectedIndex = 1;
  }),
  'an option mirrored by selected': mirrored((select, option) => {
    option.selected = true;
  }),
  'an option mirrored by an attribute': mirrored((select, option) => {
    option.setAttribute('selected', '');
  }),
  'an option mirrored by a reset': mirrored((select, option, form) => {
    option.defaultSelected = true;
    form.reset();
  }),
};
