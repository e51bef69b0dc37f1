// Chromium with the extension as people have it: packed, and installed for good. An unpacked one is installed
// anew at each start, in whose midst what it has set may not hold.

import { execFile } from 'node:child_process';
import { createHash, createPublicKey } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { chromiumBinary, dist } from './browsers.js';

const EXTENSIONS = '/usr/share/chromium/extensions';

/** A program that runs Chromium with `folder` in the place of another, seen by no other browser: its own mount namespace. */
export async function chromiumSeeing(folder, place, binary) {
  await mkdir(place, { recursive: true });
  const mount = `mount --bind '${folder}' ${place}`;
  await writeFile(binary, `#!/bin/sh\nexec unshare --mount sh -c "${mount} && exec '${chromiumBinary}' \\"\\$@\\"" chromium "$@"\n`, { mode: 0o755 });
  return binary;
}

/** By which Chromium knows a packed extension: its key, hashed, in letters from a to p. */
function idOf(pem) {
  const key = createPublicKey(pem).export({ type: 'spki', format: 'der' });
  const digits = [...createHash('sha256').update(key).digest('hex').slice(0, 32)];
  return digits.map((digit) => String.fromCharCode(97 + parseInt(digit, 16))).join('');
}

/** A program that runs Chromium with the extension installed for every profile. Resolves to `{binary, end}`. */
export async function packedChromium() {
  const folder = await mkdtemp(join(tmpdir(), 'iceveil-packed-'));
  const at = (name) => join(folder, name);
  await cp(join(dist, 'chrome'), at('iceveil'), { recursive: true });
  const flags = ['--no-sandbox', '--headless=new', `--user-data-dir=${at('packer')}`, `--pack-extension=${at('iceveil')}`];
  await promisify(execFile)(chromiumBinary, flags);
  const { version } = JSON.parse(await readFile(at('iceveil/manifest.json'), 'utf8'));
  await mkdir(at('extensions'));
  await writeFile(
    at(`extensions/${idOf(await readFile(at('iceveil.pem')))}.json`),
    JSON.stringify({ external_crx: at('iceveil.crx'), external_version: version }),
  );
  const binary = await chromiumSeeing(at('extensions'), EXTENSIONS, at('chromium'));
  return { binary, end: () => rm(folder, { recursive: true, force: true, maxRetries: 3 }) };
}
