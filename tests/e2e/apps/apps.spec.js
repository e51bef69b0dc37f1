// The libraries that sites are built on, as they come from npm, calling each other through a policy.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { joinPeer } from '../calls/sides.js';
import { expect, test } from '../calls/stage.js';

const modules = join(import.meta.dirname, 'node_modules');
const version = (name) => JSON.parse(readFileSync(join(modules, name, 'package.json'), 'utf8')).version;

const chosen = process.env.ICEVEIL_CALLS_POLICY?.split(',');
const POLICIES = ['none', 'allow', 'public-only', 'relay-only'].filter((one) => !chosen || chosen.includes(one));

/** Each makes a call between two pages, or to the peer, and says what arrived. */
const APPS = {
  'simple-peer': async (stage, iceServers) => {
    const pages = [await stage.page('one'), await stage.page('two')];
    for (const [n, page] of pages.entries()) {
      await page.addScriptTag({ path: join(modules, 'simple-peer/simplepeer.min.js') });
      await page.evaluate(([initiator, servers]) => {
        const peer = new globalThis.SimplePeer({ initiator, config: { iceServers: servers } });
        globalThis.signals = [];
        globalThis.peer = peer;
        globalThis.heard = new Promise((resolve, reject) => {
          peer.on('error', (error) => reject(new Error(String(error))));
          peer.on('data', (data) => resolve(new TextDecoder().decode(data)));
        });
        globalThis.heard.catch(() => {});
        peer.on('signal', (signal) => globalThis.signals.push(JSON.stringify(signal)));
        peer.on('connect', () => peer.send(initiator ? 'from one' : 'from two'));
      }, [n === 0, iceServers]);
    }
    let on = true;
    const wires = [[0, 1], [1, 0]].map(async ([from, to]) => {
      while (on) {
        for (const signal of await pages[from].evaluate(() => globalThis.signals.splice(0))) {
          await pages[to].evaluate((text) => globalThis.peer.signal(JSON.parse(text)), signal);
        }
        await pause(50);
      }
    });
    const heard = await Promise.all(pages.map((page) => page.evaluate(() => globalThis.heard)));
    on = false;
    await Promise.all(wires);
    return heard;
  },

  'webrtc-adapter': async (stage) => {
    const side = await stage.side({ script: join(modules, 'webrtc-adapter/out/adapter.js') });
    joinPeer(side, stage.peer.base, stage.client);
    await side.act('start', { data: true, media: true });
    await side.act('say', 'from one');
    await side.act('hears', 'from one');
    await side.act('watches', 10);
    return ['from two', 'from one'];
  },
};

for (const [name, call] of Object.entries(APPS)) {
  for (const policy of POLICIES) {
    test(`${name} ${version(name)} under ${policy}`, async ({ hold, engine }, info) => {
      const stage = await hold({ policy });
      const note = { browser: engine, kind: `${name} ${version(name)}`, policy, network: 'open', connected: false };
      try {
        const heard = await call(stage, stage.iceServers);
        note.connected = heard.join() === 'from two,from one';
        expect(heard).toEqual(['from two', 'from one']);
      } finally {
        await info.attach('call', { body: JSON.stringify(note), contentType: 'application/json' });
      }
    });
  }
}
