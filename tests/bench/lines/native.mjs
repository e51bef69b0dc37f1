// The core, compiled for this machine: src/core/benches measures with Criterion, ./build.sh compiles it.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { exponent, summary } from '../table.mjs';

const program = join(import.meta.dirname, '../../../target/bench/release/iceveil-core-bench');

async function run() {
  const { stdout } = await promisify(execFile)(program, { maxBuffer: 1 << 26 });
  const rows = stdout.split('\n').filter((line) => line.startsWith('row ')).map((line) => JSON.parse(line.slice(4)));
  const made = rows.map(({ faster, ...row }) => (faster ? { ...row, budget: { faster } } : row));
  const growth = (what, pattern) => {
    const points = rows.flatMap(({ what: text, ours }) => {
      const size = pattern.exec(text)?.[1];
      return size ? [[Number(size), summary(ours).median]] : [];
    });
    return { what: `growth with the ${what}`, unit: '(exponent)', ours: [exponent(points)], budget: { exponent: 1.1 } };
  };
  return [...made, growth('length of a description', /^growth: (\d+)/), growth('number of entries', /^statistics, (\d+)/)];
}

export const lines = [{ name: 'native', about: 'filtering, native, against webrtc-sdp, sdp and sdp-types', run }];
