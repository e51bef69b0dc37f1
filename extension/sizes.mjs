// Sizes are exact, so a size over its budget is an error. Usage: node sizes.mjs DIST_DIR
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const dist = process.argv[2] ?? 'dist';
const KB = 1000;
const KIB = 1024;
let over = 0;

function line(what, size, budget) {
  const bad = size > budget;
  if (bad) over += 1;
  console.log(`${bad ? 'OVER' : 'ok  '} ${what.padEnd(44)} ${String(size).padStart(7)} of ${budget}`);
}

const guard = readFileSync(join(dist, '..', 'target', 'extension', 'guard.wasm'));
line('guard wasm', guard.length, 64 * KIB);
line('guard wasm, gzipped', gzipSync(guard, { level: 9 }).length, 30 * KIB);
for (const browser of ['chrome', 'firefox']) {
  const folder = join(dist, browser);
  const size = (name) => readFileSync(join(folder, name)).length;
  line(`${browser}: content scripts, both worlds`, size('hooks.js') + size('bridge.js'), 110 * KB);
  for (const name of readdirSync(folder).filter((file) => /\.(js|wasm)$/.test(file))) {
    const bytes = readFileSync(join(folder, name));
    console.log(`     ${browser}/${name}: ${bytes.length}, gzipped ${gzipSync(bytes, { level: 9 }).length}`);
  }
}
process.exit(over === 0 ? 0 : 1);
