// Sizes are exact, so a size over its budget is an error, and so is a shipped file without one.
// Usage: node sizes.mjs DIST_DIR
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const KB = 1000;
const KIB = 1024;

// The first pattern that a file's path matches says how large it may be: raw, then gzipped.
const BUDGETS = [
  [/^hooks\.js$/, 76 * KB, 20 * KB],
  [/^bridge\.js$/, 42 * KB, 28 * KB],
  [/^twin\.js$/, 350 * KB, 60 * KB],
  [/^app_bg\.wasm$/, 570 * KB, 230 * KB],
  [/^app\.js$/, 40 * KB, 8 * KB],
  [/^_locales\//, 30 * KB, 8 * KB],
  [/^icons\//, 12 * KB, 12 * KB],
  [/^[a-z]+\.html$/, 14 * KB, 4 * KB],
  [/^[a-z]+\.css$/, 8 * KB, 3 * KB],
  [/^popup\.js$/, 34 * KB, 8 * KB], // with the glue
  [/^(background|options|welcome)\.js$/, 2 * KB, 1 * KB],
  [/^(manifest|managed_schema)\.json$/, 3 * KB, 1 * KB],
];

const hashOf = (bytes) => createHash('sha256').update(bytes).digest('hex');
const gzipped = (bytes) => gzipSync(bytes, { level: 9 }).length;

/** What is shipped, the files that both browsers share once, as `{what, size, budget}` in bytes. A file that no pattern knows has a budget of 0. */
export function sizes(dist) {
  const guard = readFileSync(join(dist, '..', 'target', 'extension', 'guard.wasm'));
  const found = [
    { what: 'guard wasm', size: guard.length, budget: 64 * KIB },
    { what: 'guard wasm, gzipped', size: gzipped(guard), budget: 30 * KIB },
  ];
  for (const browser of ['chrome', 'firefox']) {
    const folder = join(dist, browser);
    const size = (name) => readFileSync(join(folder, name)).length;
    found.push({ what: `${browser}: content scripts, both worlds`, size: size('hooks.js') + size('bridge.js'), budget: 110 * KB });
    const files = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1).replaceAll('\\', '/'))
      .sort();
    for (const name of files) {
      const bytes = readFileSync(join(folder, name));
      const seen = found.find(({ what, hash }) => what === `chrome/${name}` && hash === hashOf(bytes));
      if (seen) continue; // the same in both
      const [, raw, packed] = BUDGETS.find(([pattern]) => pattern.test(name)) ?? ['', 0, 0];
      found.push({ what: `${browser}/${name}`, size: bytes.length, budget: raw, hash: hashOf(bytes) });
      found.push({ what: `${browser}/${name}, gzipped`, size: gzipped(bytes), budget: packed });
    }
  }
  for (const name of readdirSync(dist).filter((file) => /^iceveil-(chrome|firefox)-.*\.zip$/.test(file)).sort()) {
    found.push({ what: name, size: readFileSync(join(dist, name)).length, budget: 480 * KB });
  }
  return found;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  let over = 0;
  for (const { what, size, budget } of sizes(process.argv[2] ?? 'dist')) {
    const bad = size > budget;
    if (bad) over += 1;
    console.log(`${bad ? 'OVER' : 'ok  '} ${what.padEnd(50)} ${String(size).padStart(7)} of ${budget}`);
  }
  process.exitCode = over === 0 ? 0 : 1;
}
