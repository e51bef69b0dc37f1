// The guard in a browser, as wasm and as its twin, against what pages' scripts use for descriptions.

import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createRequire } from 'node:module';
import { exponent } from '../table.mjs';

const root = resolve(import.meta.dirname, '../../..');
const work = join(root, 'target/extension');
const { build } = createRequire(join(root, 'extension/package.json'))('esbuild');

/** The packaged guard and the libraries as one script, which leaves `guards` and `peers` in a page. */
async function script() {
  const guard = (name, load) => `
    import { ask, policy, useExports } from './guard.js?${name}';
    ${load}
    policy('relay-only', '');
    globalThis.guards = { ...globalThis.guards, ${name}: (sdp) => ask('d 0\\n' + sdp) };`;
  const sources = {
    wasm: guard('wasm', `import bytes from './guard.wasm';
      useExports(new WebAssembly.Instance(new WebAssembly.Module(bytes), {}).exports);`),
    twin: guard('twin', `import * as exports from './guard-twin.js';
      useExports(exports);`),
    peers: `
      import * as transform from 'sdp-transform';
      import SDPUtils from 'sdp';
      const shown = (type) => type === 'relay';
      globalThis.peers = {
        'sdp-transform'(text) {
          const session = transform.parse(text);
          for (const media of session.media) media.candidates = media.candidates?.filter((one) => shown(one.type));
          return transform.write(session);
        },
        sdp(text) {
          const keep = (line) => !line.startsWith('a=candidate:') || shown(SDPUtils.parseCandidate(line).type);
          const filter = (section) => SDPUtils.splitLines(section).filter(keep).join('\\r\\n') + '\\r\\n';
          return SDPUtils.splitSections(text).map(filter).join('');
        },
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

/** In the page: milliseconds of one call in each round, every side by turns. */
function measure({ text, rounds, least, warm, sides }) {
  const from = { ...globalThis.guards, ...globalThis.peers };
  const bound = { copy: (sdp) => new TextDecoder().decode(new TextEncoder().encode(sdp)) };
  const all = sides.map((name) => from[name] ?? bound[name]);
  const counts = all.map((call) => {
    // Compilers take their time: what counts is what comes after.
    for (const start = performance.now(); performance.now() - start < warm;) call(text);
    for (let count = 1; ; count *= 2) {
      const start = performance.now();
      for (let i = 0; i < count; i += 1) call(text);
      if (performance.now() - start >= least) return count;
    }
  });
  const lists = all.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    for (let side = 0; side < all.length; side += 1) {
      const start = performance.now();
      for (let i = 0; i < counts[side]; i += 1) all[side](text);
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

function line(engine) {
  return {
    name: `filter-${engine}`,
    about: `filtering in ${engine}, wasm and twin, against sdp-transform and sdp`,
    async run(stage) {
      const bundle = await script();
      const own = await readFile(join(root, `tests/corpus/${engine}-media-mdns-offer-gathered.sdp`), 'utf8');
      const peer = await stage.peer();
      const page = await (await stage.browser(engine, 'off')).context.newPage();
      try {
        await page.goto(`${peer.origin('allow')}/probe.html`);
        await page.evaluate(bundle);
        const rows = [];
        const compare = async (what, text, rounds, budget) => {
          const sides = ['wasm', 'twin', 'sdp-transform', 'sdp', 'copy'];
          const lists = await page.evaluate(measure, { text, rounds, least: 20, warm: 300, sides });
          for (const [side, name] of ['wasm', 'twin'].entries()) {
            // Firefox never needs the twin: a page's CSP doesn't reach its isolated worlds.
            rows.push({ what: `${what}, ${name}`, unit: 'µs', ours: lists[side], theirs: lists[2], peer: 'sdp-transform', ...(budget && (side === 0 || engine === 'chromium') && { budget: { faster: 10 } }) });
            rows.push({ what: `${what}, ${name}`, unit: 'µs', ours: lists[side], theirs: lists[3], peer: 'sdp' });
            rows.push({ what: `${what}, ${name}`, unit: 'µs', ours: lists[side], theirs: lists[4], peer: 'copying it' });
          }
        };
        await compare(`a description of ${own.length} bytes`, own, 11, true);
        await compare('a description of 1 MB', long(own, 1e6), 3, false);
        for (const side of ['wasm', 'twin']) {
          const points = [];
          for (const times of [1, 10, 100]) {
            const text = long(own, own.length * times);
            const lists = await page.evaluate(measure, { text, rounds: 5, least: 15, warm: 150, sides: [side] });
            points.push([text.length, lists[0].sort((a, b) => a - b)[2]]);
          }
          rows.push({ what: `growth with the length, ${side}`, unit: '(exponent)', ours: [exponent(points)], budget: { exponent: 1.1 } });
        }
        return rows;
      } finally {
        await page.close();
      }
    },
  };
}

export const lines = [line('chromium'), line('firefox')];
