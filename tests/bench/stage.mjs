// What the lines share: the peer, and browsers with the extension, without it, and with an extension
// of two empty content scripts, which no extension that has content scripts can beat; or of one that touches
// the interfaces that the hooks name, which none that guards them can.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRequire } from 'node:module';
import { manifest } from '../../extension/manifest.mjs';
import { dist, launch } from '../e2e/browsers.js';
import { startPeer } from '../e2e/peer.js';

const { strToU8, zipSync } = createRequire(join(import.meta.dirname, '../../extension/package.json'))('fflate');

/** Firefox's clock tells milliseconds, where it isn't asked for more. */
const PREFS = { 'privacy.reduceTimerPrecision': false };

/** A content script that has the browser make each interface that the hooks name, and does nothing with it. */
async function touching() {
  const names = new Set((await readFile(join(dist, 'chrome/hooks.js'), 'utf8')).match(/\b[A-Z]\w+/g));
  return `for (const name of ${JSON.stringify([...names])}) globalThis[name]?.prototype;`;
}

export class Stage {
  #made = new Map();
  #temporary = [];

  #once(key, make) {
    if (!this.#made.has(key)) this.#made.set(key, make());
    return this.#made.get(key);
  }

  peer() {
    return this.#once('peer', startPeer);
  }

  /** `kind` is `off`, `on`, `floor` or `touch`. */
  browser(engine, kind) {
    return this.#once(`${engine} ${kind}`, async () => {
      const { port } = await this.peer();
      if (kind === 'off' || kind === 'on') return launch(engine, { extension: kind === 'on', port, prefs: PREFS });
      return launch(engine, { extension: true, port, prefs: PREFS, ...(await this.#floor(engine, kind === 'touch' ? await touching() : '')) });
    });
  }

  /** A new page of the site, under the host that has this policy, where `work` runs once. */
  async run(engine, kind, host, work, argument) {
    const peer = await this.peer();
    const { context } = await this.browser(engine, kind);
    const page = await context.newPage();
    try {
      await page.goto(`${peer.origin(host)}/probe.html`);
      return await page.evaluate(work, argument);
    } finally {
      await page.close();
    }
  }

  async #floor(engine, hooks) {
    const folder = await mkdtemp(join(tmpdir(), 'iceveil-floor-'));
    this.#temporary.push(folder);
    const { content_scripts, host_permissions, version, background, browser_specific_settings } = manifest(engine === 'firefox' ? 'firefox' : 'chrome', '0.0.1');
    const files = {
      'manifest.json': JSON.stringify({
        manifest_version: 3, name: 'The floor', version, content_scripts, host_permissions, background, browser_specific_settings,
        permissions: ['storage'],
      }),
      'bridge.js': '', 'hooks.js': hooks, 'background.js': '',
    };
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    if (engine === 'chromium') return { folder };
    const archive = join(folder, 'floor.xpi');
    await writeFile(archive, zipSync(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, strToU8(text)]))));
    return { archive };
  }

  async close() {
    for (const [key, made] of this.#made) {
      const one = await made.catch(() => null);
      if (key !== 'peer') await one?.close();
    }
    await (await this.#made.get('peer')?.catch(() => null))?.stop();
    for (const folder of this.#temporary) await rm(folder, { recursive: true, force: true });
  }
}
