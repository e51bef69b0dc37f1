// One more frame, and DOM insertions, with the extension, without it, and with the floor.

import { exponent, summary } from '../table.mjs';

const FRAMES = 200;
const DOCUMENTS = 50;
const INSERTIONS = 5000;

/** In the page: milliseconds of one kind of work, done `times` over. */
async function work({ kind, count, times }) {
  let host = document.body.appendChild(document.createElement('div'));
  const one = () => document.createElement('i');
  const first = () => host.firstChild ?? host.appendChild(one());
  const trusted = globalThis.trustedTypes?.createPolicy('bench', { createHTML: (text) => text }).createHTML('<i>a</i>') ?? '<i>a</i>';
  const inserting = {
    appendChild: () => host.appendChild(one()),
    insertBefore: () => host.insertBefore(one(), host.firstChild),
    replaceChild: () => host.replaceChild(one(), first()),
    append: () => host.append(one()),
    prepend: () => host.prepend(one()),
    before: () => first().before(one()),
    after: () => first().after(one()),
    replaceWith: () => first().replaceWith(one()),
    replaceChildren: () => host.replaceChildren(one(), one()),
    moveBefore: () => host.moveBefore(first(), null),
    insertAdjacentElement: () => host.insertAdjacentElement('beforeend', one()),
    insertAdjacentHTML: () => host.insertAdjacentHTML('beforeend', '<i></i>'),
    innerHTML() {
      host.innerHTML = '<i>a</i><b>b</b>';
    },
    outerHTML() {
      first().outerHTML = '<i></i>';
    },
    trustedHTML() {
      host.innerHTML = trusted;
    },
    setHTML: () => host.setHTML('<i>a</i>'),
    setHTMLUnsafe: () => host.setHTMLUnsafe('<i>a</i>'),
    insertNode() {
      const range = document.createRange();
      range.setStart(host, 0);
      range.insertNode(one());
    },
    surroundContents() {
      const range = document.createRange();
      range.selectNode(first());
      range.surroundContents(one());
      host.replaceChildren();
    },
    options: () => (host.firstChild ?? host.appendChild(document.createElement('select'))).options.add(new Option('a')),
    adoptNode: () => host.append(document.adoptNode(one())),
    setAttribute: () => host.setAttribute('title', 'a'),
  };
  const newer = ['moveBefore', 'setHTML'];
  if (kind === 'names') return Object.keys(inserting).filter((name) => !newer.includes(name) || name in host);
  let start = performance.now();
  if (kind === 'frames that go') {
    for (let n = 0; n < count; n += 1) host.append(document.createElement('iframe'));
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
    start = performance.now();
    host.remove();
  } else if (kind === 'frames') {
    for (let n = 0; n < count; n += 1) host.append(document.createElement('iframe'));
  } else if (kind === 'documents') {
    await Promise.all(Array.from({ length: count }, () => {
      const frame = document.createElement('iframe');
      frame.src = 'probe.html';
      const loaded = new Promise((resolve) => {
        frame.onload = resolve;
      });
      host.append(frame);
      return loaded;
    }));
  } else {
    for (let time = 0; time < times; time += 1) {
      if (time > 0) {
        host.remove();
        host = document.body.appendChild(document.createElement('div'));
      }
      for (let n = 0; n < count; n += 1) inserting[kind]();
    }
  }
  const time = performance.now() - start;
  host.remove();
  return time;
}

const PEERS = { off: 'without it', floor: 'two empty content scripts', touch: 'one that touches the same interfaces' };

/** A browser that has just started has other things to do. */
const settle = () => new Promise((resolve) => {
  setTimeout(resolve, 2000);
});

/** Each round in a page of its own, the browsers by turns. Resolves to a list for each. */
async function compare(stage, engine, sides, kind, count, rounds, times = 1) {
  const lists = Object.fromEntries(sides.map((side) => [side, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (let at = 0; at < sides.length; at += 1) {
      const side = sides[(at + round) % sides.length];
      lists[side].push(await stage.run(engine, side, 'allow', work, { kind, count, times }));
    }
  }
  return lists;
}

/** How the cost of `kind` grows from a hundredth of `count` to all of it. What is quick is done several times over. */
async function growth(stage, engine, kind, count, quick = false) {
  const points = { on: [], off: [] };
  for (const share of [100, 10, 1]) {
    const times = quick ? share : 1;
    const lists = await compare(stage, engine, ['on', 'off'], kind, count / share, share === 100 ? 5 : 3, times);
    for (const [side, list] of Object.entries(lists)) points[side].push([count / share, summary(list).median / times]);
  }
  const [ours, theirs] = [points.on, points.off].map((side) => [exponent(side)]);
  return { what: `growth with the number of ${kind}`, unit: '(exponent)', ours, theirs, peer: 'without it', budget: { exponent: 1.1 } };
}

function frames(engine) {
  return {
    name: `frame-${engine}`,
    about: `${FRAMES} empty frames and ${DOCUMENTS} documents in ${engine}, made and taken away, and how that grows`,
    async run(stage) {
      const rows = [];
      for (const [kind, count, budget] of [['frames', FRAMES, { ratio: 1.05 }], ['documents', DOCUMENTS, { ratio: 1.05 }], ['frames that go', FRAMES]]) {
        const lists = await compare(stage, engine, ['on', 'off', 'floor', 'touch'], kind, count, 3);
        for (const one of ['off', 'floor', 'touch']) {
          rows.push({ what: `${count} ${kind}`, unit: 'ms', ours: lists.on, theirs: lists[one], peer: PEERS[one], ...(one === 'off' && budget && { budget }) });
        }
      }
      for (const [kind, count] of [['frames', FRAMES], ['documents', 100], ['frames that go', 1000]]) rows.push(await growth(stage, engine, kind, count));
      return rows;
    },
  };
}

function insertions(engine) {
  return {
    name: `insert-${engine}`,
    about: `${INSERTIONS} insertions by each method in ${engine}, and how that grows`,
    async run(stage) {
      const rows = [];
      const sides = ['on', 'off', 'floor'];
      for (const side of sides) await stage.run(engine, side, 'allow', settle);
      const methods = await stage.run(engine, 'off', 'allow', work, { kind: 'names' });
      for (const kind of methods) {
        const lists = await compare(stage, engine, sides, kind, INSERTIONS, 3);
        for (const side of ['off', 'floor']) {
          rows.push({ what: `${INSERTIONS} by ${kind}`, unit: 'ms', ours: lists.on, theirs: lists[side], peer: PEERS[side] });
        }
      }
      for (const kind of methods) rows.push(await growth(stage, engine, kind, INSERTIONS, true));
      return rows;
    },
  };
}

export const lines = ['chromium', 'firefox'].flatMap((engine) => [frames(engine), insertions(engine)]);
