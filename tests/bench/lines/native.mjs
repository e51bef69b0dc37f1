// The core, compiled for this machine: src/core/benches measures, ./build.sh compiles it.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { exponent, summary } from '../table.mjs';

const program = join(import.meta.dirname, '../../../target/bench/release/iceveil-core-bench');

async function run() {
  const { stdout } = await promisify(execFile)(program, { maxBuffer: 1 << 24 });
  const rows = stdout.trim().split('\n').map((line) => JSON.parse(line));
  const made = rows.map(({ faster, ...row }) => (faster ? { ...row, budget: { faster } } : row));
  const points = rows.flatMap(({ what, ours }) => {
    const sections = /^growth: (\d+)/.exec(what)?.[1];
    return sections ? [[Number(sections), summary(ours).median]] : [];
  });
  return [...made, { what: 'growth with the length of a description', unit: '(exponent)', ours: [exponent(points)], budget: { exponent: 1.1 } }];
}

export const lines = [{ name: 'native', about: 'filtering, native, against webrtc-sdp, sdp and sdp-types', run }];
