// Measures what Iceveil costs and prints one table; dist/bench/results.json has every number.
// Usage: node bench.mjs [--list] [LINE…]   LINE is a line's name, or the beginning of it.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lines as connection } from './lines/connection.mjs';
import { lines as filter } from './lines/filter.mjs';
import { lines as frame } from './lines/frame.mjs';
import { lines as memory } from './lines/memory.mjs';
import { lines as native } from './lines/native.mjs';
import { lines as popup } from './lines/popup.mjs';
import { lines as size } from './lines/size.mjs';
import { Stage } from './stage.mjs';
import { heading, judge, print } from './table.mjs';

const all = [...size, ...native, ...filter, ...frame, ...connection, ...memory, ...popup];
const asked = process.argv.slice(2).filter((one) => one !== '--list');
const unknown = asked.find((one) => !all.some(({ name }) => name.startsWith(one)));
if (unknown !== undefined) {
  console.error(`bench: no line begins with ${unknown}; --list names them`);
  process.exit(2);
}
const chosen = all.filter(({ name }) => asked.length === 0 || asked.some((one) => name.startsWith(one)));
if (process.argv.includes('--list')) {
  for (const { name, about } of chosen) console.log(`${name.padEnd(28)} ${about}`);
  process.exit(0);
}

const out = join(import.meta.dirname, '../../dist/bench');
const stage = new Stage();
const results = [];
let failed = 0;
heading();
try {
  for (const line of chosen) {
    const began = Date.now();
    try {
      const rows = (await line.run(stage)).map(judge);
      results.push({ line: line.name, seconds: (Date.now() - began) / 1000, rows });
      for (const row of rows) print(line.name, row);
    } catch (error) {
      failed += 1;
      results.push({ line: line.name, seconds: (Date.now() - began) / 1000, error: error.message });
      console.log(`${line.name}: could not be measured: ${error.message}`);
    }
  }
} finally {
  await stage.close();
}
const rows = results.flatMap((one) => one.rows ?? []);
const over = rows.filter(({ kept }) => kept === false).length;
await mkdir(out, { recursive: true });
await writeFile(join(out, 'results.json'), `${JSON.stringify(results, null, 1)}\n`);
console.log(`${rows.length} rows, ${rows.filter(({ kept }) => kept).length} budgets kept, ${over} not, ${failed} lines failed; all numbers: dist/bench/results.json`);
// Speeds are only reported; a line that can't be measured is an error.
process.exitCode = failed ? 1 : 0;
