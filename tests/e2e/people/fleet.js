// Settings from the browser's own management, put where an administrator puts them: README's examples.

import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { dist, firefoxBinary } from '../browsers.js';
import { chromiumSeeing } from '../packed.js';

const README = join(import.meta.dirname, '../../../README.md');
const CHROMIUM_POLICIES = '/etc/chromium/policies/managed';
const NAME = /^iceveil-e2e-(\d+)\.json$/;

/** README's example for a browser: the JSON behind the name. */
export async function example(browser) {
  const line = (await readFile(README, 'utf8')).split('\n').find((one) => one.startsWith(`- ${browser}`));
  return line.match(/`(\{.*\})`/)[1];
}

/** Why Chromium can't be managed here; `null` if it can. */
export function unmanageable() {
  if (process.platform !== 'linux') return 'Chromium’s policies are files on Linux only';
  if (process.getuid() !== 0) return `only root may write to ${CHROMIUM_POLICIES}`;
  return null;
}

/** A program that runs Chromium with `policies` as the machine's, seen by no other browser. Resolves to `{binary, end}`. */
export async function chromiumWith(policies) {
  const folder = await mkdtemp(join(tmpdir(), 'iceveil-policies-'));
  await mkdir(join(folder, 'managed'));
  await writeFile(join(folder, 'managed/machine.json'), JSON.stringify(policies));
  const binary = await chromiumSeeing(join(folder, 'managed'), CHROMIUM_POLICIES, join(folder, 'chromium'));
  return { binary, end: () => rm(folder, { recursive: true, force: true }) };
}

/** Files of runs that ended before they could take them away. */
function sweep() {
  if (!existsSync(CHROMIUM_POLICIES)) return;
  for (const name of readdirSync(CHROMIUM_POLICIES)) {
    const owner = Number(NAME.exec(name)?.[1]);
    if (owner && !existsSync(`/proc/${owner}`)) rmSync(join(CHROMIUM_POLICIES, name));
  }
}

/**
 * A copy of the extension in a folder of its own, and with it an id of its own, which no other browser
 * on this machine has. `manage(text)` writes a policy file, and `end()` takes everything away.
 */
export async function chromiumFleet() {
  sweep();
  const folder = await mkdtemp(join(tmpdir(), 'iceveil-managed-'));
  await cp(join(dist, 'chrome'), folder, { recursive: true });
  await mkdir(CHROMIUM_POLICIES, { recursive: true });
  const file = join(CHROMIUM_POLICIES, `iceveil-e2e-${process.pid}.json`);
  const remove = () => rmSync(file, { force: true });
  process.once('exit', remove);
  return {
    folder,
    manage: (text) => writeFile(file, text),
    async end() {
      remove();
      process.off('exit', remove);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * A copy of Firefox (links, but for the program itself) with `text` as its policies.json. Resolves to
 * `{binary, end}`.
 */
export async function firefoxFleet(text) {
  const program = await realpath(firefoxBinary);
  const copy = await mkdtemp(join(tmpdir(), 'iceveil-firefox-'));
  for (const name of await readdir(dirname(program))) {
    if (name !== 'distribution') await symlink(join(dirname(program), name), join(copy, name));
  }
  const binary = join(copy, 'firefox-managed');
  await cp(program, binary);
  await mkdir(join(copy, 'distribution'));
  await writeFile(join(copy, 'distribution/policies.json'), text);
  return { binary, end: () => rm(copy, { recursive: true, force: true }) };
}
