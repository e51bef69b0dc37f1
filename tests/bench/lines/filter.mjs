// The guard in a browser, as wasm and as its twin, against what pages' scripts use for descriptions.

import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createRequire } from 'node:module';
import { exponent, summary } from '../table.mjs';

const root = resolve(import.meta.dirname, '../../..');
const work = join(root, 'target/extension');
const { build } = createRequire(join(root, 'extension/package.json'))('esbuild');

/** The packaged guard and the libraries as one script, which leaves `guards` and `peers` in a page. */
async function script() {
  const guard = (name, load) => `
    import { ask, policy, useExports } from './guard.js?${name}';
    ${load}
    policy('relay-only', '');
    const statistics = (list) => list.forEach((entry) => ask('t 0\\n' + entry));
    globalThis.guards = { ...globalThis.guards, ${name}: {
      description: (sdp) => ask('d 0\\n' + sdp),
      candidate: (line) => ask('c 0\\ncandidate\\n' + line),
      statistics: (list) => statistics(list),
    } };`;
  const sources = {
    wasm: guard('wasm', `import bytes from './guard.wasm';
      useExports(new WebAssembly.Instance(new WebAssembly.Module(bytes), {}).exports);`),
    twin: guard('twin', `import * as exports from './guard-twin.js';
      useExports(exports);`),
    peers: `
      import * as transform from 'sdp-transform';
      import SDPUtils from 'sdp';
      const shown = (type) => type === 'relay';
      const copy = (text) => new TextDecoder().decode(new TextEncoder().encode(text));
      globalThis.peers = {
        'sdp-transform': {
          description(text) {
            const session = transform.parse(text);
            for (const media of session.media) media.candidates = media.candidates?.filter((one) => shown(one.type));
            return transform.write(session);
          },
          candidate(text) {
            const session = transform.parse('a=' + text);
            session.candidates = session.candidates.filter((one) => shown(one.type));
            return transform.write(session);
          },
        },
        sdp: {
          description(text) {
            const keep = (line) => !line.startsWith('a=candidate:') || shown(SDPUtils.parseCandidate(line).type);
            const filter = (section) => SDPUtils.splitLines(section).filter(keep).join('\\r\\n') + '\\r\\n';
            return SDPUtils.splitSections(text).map(filter).join('');
          },
          candidate(text) {
            const one = SDPUtils.parseCandidate(text);
            return SDPUtils.writeCandidate(shown(one.type) ? one : { ...one, ip: '0.0.0.0' });
          },
        },
        copy: { description: copy, candidate: copy, statistics: (list) => list.map((entry) => entry.split('\\n').join('\\n')) },
      };`,
  };
  const made = await build({
    stdin: { contents: Object.keys(sources).map((name) => `import 'bench:${name}';`).join('\n'), resolveDir: import.meta.dirname },
    bundle: true, write: false, format: 'iife', target: ['chrome140', 'firefox140'], loader: { '.wasm': 'binary' },
    define: { 'import.meta.url': '""' },
    plugins: [{
      name: 'bench',
      setup(it) {
        it.onResolve({ filter: /^bench:/ }, ({ path }) => ({ path: path.slice(6), namespace: 'bench' }));
        it.onLoad({ filter: /.*/, namespace: 'bench' }, ({ path }) => ({ contents: sources[path], resolveDir: join(import.meta.dirname, '..') }));
        it.onResolve({ filter: /^\.\/guard/ }, ({ path }) => {
          const [file, suffix] = path.split('?');
          return { path: join(work, file), suffix: suffix ? `?${suffix}` : '' };
        });
      },
    }],
  });
  return made.outputFiles[0].text;
}

/** In the page: microseconds of one call in each round, every side by turns. */
function measure({ kind, input, rounds, least, warm, sides }) {
  const from = { ...globalThis.guards, ...globalThis.peers };
  const all = sides.map((name) => from[name][kind]);
  const counts = all.map((call) => {
    // Compilers take their time: what counts is what comes after.
    for (const start = performance.now(); performance.now() - start < warm;) call(input);
    for (let count = 1; ; count *= 2) {
      const start = performance.now();
      for (let i = 0; i < count; i += 1) call(input);
      if (performance.now() - start >= least) return count;
    }
  });
  const lists = all.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    for (let side = 0; side < all.length; side += 1) {
      const start = performance.now();
      for (let i = 0; i < counts[side]; i += 1) all[side](input);
      lists[side].push((performance.now() - start) * 1000 / counts[side]);
    }
  }
  return lists;
}

/** About `bytes` of a description: the media sections of one, again and again. */
export function long(text, bytes) {
  const [session, ...media] = text.split(/(?=^m=)/m);
  let made = session;
  for (let n = 0; made.length < bytes; n += 1) made += media[n % media.length];
  return made;
}

const CANDIDATE = 'candidate:842163049 1 udp 1677729535 203.0.113.7 46154 typ srflx raddr 192.168.1.10 rport 46154 generation 0 ufrag Eq3f network-id 1';
const ENTRIES = 500;

/** What the hooks ask about as many local candidates of a report. */
const entries = (count) =>
  Array.from({ length: count }, (_, n) => ['local', 'host', `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, 50000, '\u0000', '\u0000', 842163049, '\u0000'].join('\n'));

function line(engine) {
  return {
    name: `filter-${engine}`,
    about: `filtering in ${engine}, wasm and twin, against sdp-transform and sdp, and how it grows`,
    async run(stage) {
      const bundle = await script();
      const own = await readFile(join(root, `tests/corpus/${engine}-media-mdns-offer-gathered.sdp`), 'utf8');
      const peer = await stage.peer();
      const page = await (await stage.browser(engine, 'off')).context.newPage();
      try {
        await page.goto(`${peer.origin('allow')}/probe.html`);
        await page.evaluate(bundle);
        const rows = [];
        const compare = async (what, kind, input, rounds, { budget = false, peers = ['sdp-transform', 'sdp', 'copy'] } = {}) => {
          const sides = ['wasm', 'twin', ...peers];
          const lists = await page.evaluate(measure, { kind, input, rounds, least: 20, warm: 300, sides });
          for (const [side, name] of ['wasm', 'twin'].entries()) {
            peers.forEach((peer, n) => {
              // Firefox never needs the twin: a page's CSP doesn't reach its isolated worlds.
              const judged = budget && n === 0 && (side === 0 || engine === 'chromium');
              rows.push({ what: `${what}, ${name}`, unit: 'µs', ours: lists[side], theirs: lists[2 + n], peer: peer === 'copy' ? 'copying it' : peer, ...(judged && { budget: { faster: 10 } }) });
            });
          }
        };
        await compare(`a description of ${own.length} bytes`, 'description', own, 11, { budget: true });
        await compare('1 candidate', 'candidate', CANDIDATE, 7);
        await compare(`${ENTRIES} entries of statistics`, 'statistics', entries(ENTRIES), 7, { peers: ['copy'] });
        await compare('a description of 1 MB', 'description', long(own, 1e6), 3);
        const growth = async (what, kind, inputs) => {
          for (const side of ['wasm', 'twin']) {
            const points = [];
            for (const [size, input] of inputs) {
              const [list] = await page.evaluate(measure, { kind, input, rounds: 5, least: 15, warm: 150, sides: [side] });
              points.push([size, summary(list).median]);
            }
            rows.push({ what: `growth with the ${what}, ${side}`, unit: '(exponent)', ours: [exponent(points)], budget: { exponent: 1.1 } });
          }
        };
        const texts = [1, 10, 100].map((times) => long(own, own.length * times));
        await growth('length', 'description', texts.map((text) => [text.length, text]));
        await growth('number of entries', 'statistics', [1, 10, 100].map((times) => [times, entries(ENTRIES * times)]));
        return rows;
      } finally {
        await page.close();
      }
    },
  };
}

export const lines = [line('chromium'), line('firefox')];
