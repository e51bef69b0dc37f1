// Makes dist/chrome and dist/firefox, and the zips beside them, from the compiled wasm.
// Usage: node build.mjs GUARD_DIR APP_DIR WORK_DIR DIST_DIR   (the first two are wasm-bindgen's output)
import { execFileSync } from 'node:child_process';
import { cp, mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import zopfli from '@gfx/zopfli';
import * as esbuild from 'esbuild';
import { zipSync } from 'fflate';
import { manifest } from './manifest.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const [guardDir, appDir, work, dist] = process.argv.slice(2).map((path) => resolve(path));
const { version } = JSON.parse(await readFile(join(here, 'package.json'), 'utf8'));

// The event name that only the first instants of a document know, and our frames' name in traces.
const HANDSHAKE = 'iceveil-handshake';
const SOURCE_NAME = 'native:code';
// The word that the hooks leave in a realm that is guarded, and how they look for it: by syntax alone, for in
// a window that a page had before, every built-in may be the page's. It stands on %AsyncIteratorPrototype%,
// to which no name leads.
const GUARDED = '[[Guard]]';
// A function around each content script, and nothing within it set in.
const inFunction = { format: 'esm', banner: { js: '(() => {\n"use strict";' }, footer: { js: '})();' } };
const unlessGuarded = {
  ...inFunction,
  banner: { js: `(() => {\n"use strict";\nconst again = (async function* () {}).prototype[${JSON.stringify(GUARDED)}];\nif (again) return void again();` },
  footer: { js: `})();\n//# sourceURL=${SOURCE_NAME}` },
};

// Pages of 64 KiB for the twin. What the guard keeps is bounded well below this.
const TWIN_PAGES = 256;

// What Rust's wasm target uses; wasm-opt given more would write what browsers don't read yet.
const FEATURES = [
  '--enable-bulk-memory',
  '--enable-sign-ext',
  '--enable-mutable-globals',
  '--enable-nontrapping-float-to-int',
  '--enable-reference-types',
];

const binaryen = (tool, ...args) =>
  execFileSync(process.execPath, [join(here, 'node_modules/binaryen/bin', tool), ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });

/** The guard's wasm, shrunk, and its glue and its twin, in the work folder. */
async function makeGuard() {
  const input = join(guardDir, 'guard_bg.wasm');
  const graph = join(work, 'exports.json');
  const lean = join(work, 'guard-lean.wasm');
  const wasm = join(work, 'guard.wasm');
  const lowered = join(work, 'guard-lowered.wasm');
  let glue = await readFile(join(guardDir, 'guard.js'), 'utf8');
  // wasm-bindgen also exports an externref table, which a guard of strings has no need for and the
  // twin's compiler refuses: what the glue's functions use is kept, and nothing else.
  const used = [...new Set([...glue.matchAll(/\bwasm\.(\w+)/g)].map(([, name]) => name))];
  const exports = used.filter((name) => !['__wbindgen_externrefs', '__wbindgen_start'].includes(name));
  await writeFile(
    graph,
    JSON.stringify([
      { name: 'outside', root: true, reaches: exports },
      ...exports.map((name) => ({ name, export: name })),
    ]),
  );
  binaryen('wasm-metadce', input, '--graph-file', graph, '-o', lean, ...FEATURES);
  binaryen('wasm-opt', lean, '-O3', '--strip-debug', '--strip-producers', '-o', wasm, ...FEATURES);
  await writeFile(`${wasm}.gz`, await promisify(zopfli.gzip)(await readFile(wasm), {}));
  binaryen('wasm-opt', wasm, '--signext-lowering', '--llvm-nontrapping-fptoint-lowering', '--llvm-memory-copy-fill-lowering', '-o', lowered, ...FEATURES);
  const twin = join(work, 'guard-twin.js');
  binaryen('wasm2js', lowered, '-Oz', '-o', twin);

  await writeFile(twin, copying(roomy(await readFile(twin, 'utf8'))));
  glue += '\nexport function useExports(exports) { wasm = exports; }\n';
  await writeFile(join(work, 'guard.js'), changed(glue, [...LEAN, AT_ONCE]));
}

/** Makes each change of `[pattern, replacement]` in a glue of wasm-bindgen's. */
const changed = (glue, changes) => changes.reduce((text, [found, instead]) => {
  if (!found.test(text)) throw new Error(`wasm-bindgen writes its glue in another way now: ${found}`);
  return text.replace(found, instead);
}, glue);

// It writes a text sign by sign; a long one of ASCII the browser writes at once, many times faster.
const AT_ONCE = [/(?=    for \(; offset < len; offset\+\+\) \{)/, `    if (len > 200) {
        const { read, written } = cachedTextEncoder.encodeInto(arg, mem.subarray(ptr, ptr + len));
        if (read === len && written === len) offset = len;
    }
`];

// What it does for old browsers goes from where every frame carries it, and what it needs is made at first use.
const LEAN = [
  [/\n    if \(realloc === undefined\) \{[^}]*\}\n/, '\n    cachedTextEncoder ??= new TextEncoder();\n'],
  [/const cachedTextEncoder = new TextEncoder\(\);\n\nif \(!\('encodeInto' in cachedTextEncoder\)\) \{.*?\n\}\n/s, 'let cachedTextEncoder;\n'],
  [/let cachedTextDecoder = .*?\n(?=function decodeText)/s, 'let cachedTextDecoder;\n'],
  // What it gives back lies where the pointer of the stack points; what failed is not used again.
  [/    let deferred\d_0;\n    let deferred\d_1;\n(?=    try \{\n)/g, ''],
  [/        var r0 = .*\n        var r1 = .*\n        deferred\d_0 = r0;\n        deferred\d_1 = r1;\n.*\n(    \} finally \{\n.*\n)        wasm\.__wbindgen_export3.*\n/g, '        return takeText(retptr);\n$1'],
  [/$/, `
function takeText(retptr) {
    const ptr = getDataViewMemory0().getInt32(retptr, true);
    const len = getDataViewMemory0().getInt32(retptr + 4, true);
    const text = getStringFromWasm0(ptr, len);
    wasm.__wbindgen_export3(ptr, len, 1);
    return text;
}
`],
  [/    let ptr0, len0, ptr1, len1;\n    try \{\n((?: {8}.*\n)+) {4}\} catch \(e\) \{\n(?: {8}.*\n)+ {4}\}\n/, '    let ptr0, len0, ptr1, len1;\n$1'],
  [/ \|\| cachedDataViewMemory0\.buffer\.detached === true .*?\) \{/, ' || cachedDataViewMemory0.buffer !== wasm.memory.buffer) {'],
  [/(function decodeText\([^)]*\) \{\n).*?\n(?=    return )/s, "$1    cachedTextDecoder ??= new TextDecoder('utf-8', { ignoreBOM: true });\n"],
];

/**
 * Gives the twin all the memory that it may ever have. wasm2js would grow it by replacing the buffer, and
 * a store such as `HEAP32[at] = f()` whose `f` grows it would then go to the old one and be lost.
 */
function roomy(code) {
  const made = /new ArrayBuffer\((\d+)\)/.exec(code);
  const grow = code.indexOf('function __wasm_memory_size');
  const end = code.indexOf('return {', grow);
  if (!made || grow < 0 || end < 0) throw new Error('wasm2js writes its memory in another way now');
  const growing = `var pages = ${Number(made[1]) / 65536};
 function __wasm_memory_size() { return pages; }
 function __wasm_memory_grow(more) {
  if (more < 0 || pages + more > ${TWIN_PAGES}) return -1;
  pages += more;
  return pages - more;
 }
 `;
  const fixed = code.slice(0, grow) + growing + code.slice(end);
  return fixed.replace(made[0], `new ArrayBuffer(${TWIN_PAGES * 65536})`);
}

/** Has the browser copy what is long, which the twin would do byte by byte. */
function copying(code) {
  const copy = /(function \$\w+\((\$\w+), (\$\w+), (\$\w+)\) \{\n(?:(?! function ).*\n){5})(?=  if \(\2 >>> 0 > \3 >>> 0\) \{\n(?:(?! function ).*\n){9,12}?    HEAP8\[\2 \+ )/;
  const [, head, to, from, length] = copy.exec(code) ?? [];
  if (!head) throw new Error('wasm2js copies memory in another way now');
  return code.replace(head, () => `${head}  if (${length} >>> 0 > 47) return void HEAPU8.copyWithin(${to} >>> 0, ${from} >>> 0, (${from} >>> 0) + (${length} >>> 0));\n`);
}

/**
 * Bytes as a text of 91 signs, of which two stand for 13 bits: a tenth shorter than base64, in every frame.
 * They are those from `#` to `~` but the backslash.
 */
function packed(bytes) {
  const sign = (value) => String.fromCharCode(value + (value < 57 ? 35 : 36));
  let text = '';
  let bits = 0;
  let count = 0;
  for (const byte of bytes) {
    bits |= byte << count;
    count += 8;
    if (count < 13) continue;
    text += sign((bits & 8191) % 91) + sign(Math.floor((bits & 8191) / 91));
    bits >>= 13;
    count -= 13;
  }
  if (count > 0) text += sign(bits % 91) + sign(Math.floor(bits / 91));
  // One sign more says that the last byte is none.
  return (text.length * 13) >> 4 > bytes.length ? `${text}#` : text;
}

/** Points imports of the glues, `./guard…` and `./app.js`, at the work folder. */
const workFiles = {
  name: 'work-files',
  setup(build) {
    build.onResolve({ filter: /^\.\/(guard(-twin)?\.(js|wasm\.gz)|app\.js)$/ }, ({ path }) => ({ path: join(work, path) }));
    build.onLoad({ filter: /\.gz$/ }, async ({ path }) => ({ contents: `export default ${JSON.stringify(packed(await readFile(path)))}` }));
  },
};

async function bundle(entry, outfile, options = {}) {
  const { outputFiles } = await esbuild.build({
    entryPoints: [join(here, entry)],
    outfile,
    write: false,
    bundle: true,
    format: 'iife',
    target: ['chrome140', 'firefox140'],
    charset: 'utf8',
    legalComments: 'none',
    define: { HANDSHAKE: JSON.stringify(HANDSHAKE), SOURCE_NAME: JSON.stringify(SOURCE_NAME), GUARDED: JSON.stringify(GUARDED), 'import.meta.url': '""' },
    plugins: [workFiles],
    logLevel: 'warning',
    ...options,
  });
  const plain = lean(outputFiles[0].text);
  const text = tight(plain);
  const signs = async (code) => (await esbuild.transform(code, { minifyWhitespace: true, charset: 'utf8' })).code;
  if ((await signs(plain)) !== (await signs(text))) throw new Error(`${entry}: more than space was taken out`);
  await writeFile(outfile, text);
}

/** Without comments. The sources have them. */
const lean = (code) =>
  code
    .replace(/^\s*\/\/ .*\n|\/\* @__PURE__ \*\/ /gm, '')
    .replace(/\(\n\s*\/\*\* @type \{any\} \*\/\n\s*(\w+)\n\s*\)/g, '$1')
    .replace(/; (\w+) \+= 1\) /g, '; $1++) ');

/**
 * With less space, a seventh less in every frame: one tab for what is deeper in a function than its first level,
 * closing braces where the code before them ends, none around commas, colons and `=` between words and brackets, or
 * around the brackets of a statement. No name is changed.
 */
const tight = (code) =>
  code
    .replace(/^(?: {2})+/gm, (spaces) => (spaces.length > 2 ? '\t' : ''))
    .replace(/\n\t*(?=[}\])]+[;,]?\n)/g, '')
    .replace(/\{ (\S[^\n{}]*) \}/g, '{$1}')
    .replace(/(?<=[\w")\]}]), (?=["\w[({])/g, ',')
    .replace(/(?<=[\w"]): (?=["\w[({])/g, ':')
    .replace(/(?<=[\w\]]) = (?=["\w[({])/g, '=')
    .replace(/\b(if|for|while|catch) (?=\()/g, '$1')
    .replace(/\) (?=\{)/g, ')');

async function files(folder) {
  const found = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...(await files(path)));
    else found.push(path);
  }
  return found.sort();
}

/** The same tree gives the same bytes: names in order, one date for all. */
async function zip(folder, target) {
  const tree = {};
  for (const path of await files(folder)) {
    tree[relative(folder, path)] = [await readFile(path), { mtime: '2026-01-01T00:00:00' }];
  }
  await writeFile(target, zipSync(tree, { level: 9 }));
}

/** The pages, each with the parts that it shares with others: `<!-- part: NAME -->` stands for `parts/NAME.html`. */
async function copyPages(out) {
  const pages = join(here, 'pages');
  for (const path of await files(pages)) {
    if (dirname(path) !== pages) continue;
    const target = join(out, relative(pages, path));
    if (!path.endsWith('.html')) {
      await cp(path, target);
      continue;
    }
    const lines = (await readFile(path, 'utf8')).split('\n').map(async (line) => {
      const [, indent, name] = /^( *)<!-- part: (\w+) -->$/.exec(line) ?? [];
      if (!name) return line;
      const part = await readFile(join(pages, 'parts', `${name}.html`), 'utf8');
      return part.trimEnd().replace(/^/gm, indent);
    });
    await writeFile(target, (await Promise.all(lines)).join('\n'));
  }
}

async function make(browser) {
  const out = join(dist, browser);
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  await bundle('hooks/index.js', join(out, 'hooks.js'), unlessGuarded);
  await bundle('bridge/bridge.js', join(out, 'bridge.js'), inFunction);
  await bundle('bridge/twin.js', join(out, 'twin.js'));
  await cp(join(here, 'background.js'), join(out, 'background.js'));
  for (const folder of ['_locales', 'icons']) {
    await cp(join(here, folder), join(out, folder), { recursive: true });
  }
  await copyPages(out);
  await bundle('pages/popup.js', join(out, 'popup.js'));
  for (const name of ['app.js', 'app_bg.wasm']) await cp(join(work, name), join(out, name));
  if (browser === 'chrome') await cp(join(here, 'managed_schema.json'), join(out, 'managed_schema.json'));
  await writeFile(join(out, 'manifest.json'), `${JSON.stringify(manifest(browser, version), null, 2)}\n`);
  await zip(out, join(dist, `iceveil-${browser}-${version}.zip`));
}

await mkdir(work, { recursive: true });
await makeGuard();
binaryen('wasm-opt', join(appDir, 'app_bg.wasm'), '-Oz', '--strip-debug', '-o', join(work, 'app_bg.wasm'), ...FEATURES);
await writeFile(join(work, 'app.js'), changed(await readFile(join(appDir, 'app.js'), 'utf8'), [AT_ONCE]));
for (const browser of ['chrome', 'firefox']) await make(browser);
for (const name of ['hooks.js', 'bridge.js', 'twin.js', 'app_bg.wasm']) {
  const { size } = await stat(join(dist, 'chrome', name));
  console.log(`  ${name.padEnd(12)} ${String(size).padStart(7)} bytes`);
}
