// The libraries that sites are built on, as they come from npm, calling each other through a policy.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
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

  peerjs: async (stage, iceServers, { server }) => {
    const pages = [await stage.page('one'), await stage.page('two')];
    for (const page of pages) {
      await page.addScriptTag({ path: join(modules, 'peerjs/dist/peerjs.min.js') });
      await page.evaluate(([at, servers]) => {
        const peer = new globalThis.Peer(undefined, { ...at, path: '/', config: { iceServers: servers } });
        globalThis.peer = peer;
        globalThis.listen = (connection, mine) => new Promise((resolve) => {
          connection.on('data', resolve);
          connection.on('open', () => connection.send(mine));
        });
        peer.on('connection', (connection) => {
          globalThis.heard = globalThis.listen(connection, 'from two');
        });
        return new Promise((resolve, reject) => {
          peer.on('open', resolve);
          peer.on('error', (error) => reject(new Error(String(error))));
        });
      }, [server, iceServers]);
    }
    const id = await pages[1].evaluate(() => globalThis.peer.id);
    const back = await pages[0].evaluate((to) => globalThis.listen(globalThis.peer.connect(to), 'from one'), id);
    return [back, await pages[1].evaluate(() => globalThis.heard)];
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

/** PeerJS's own server for signalling, where the site is. */
async function startPeerServer() {
  const lab = process.env.ICEVEIL_LAB ? process.env : null;
  const host = lab ? lab.ICEVEIL_LAB_SITE : '127.0.0.1';
  const port = 9100;
  const command = [process.execPath, join(modules, '.bin/peerjs'), '--host', host, '--port', String(port), '--path', '/'];
  if (lab) command.unshift('ip', 'netns', 'exec', lab.ICEVEIL_LAB_INTERNET);
  const child = spawn(command[0], command.slice(1), { stdio: 'ignore' });
  for (let tries = 0; !(await fetch(`http://${host}:${port}/`).catch(() => null)); tries += 1) {
    if (tries === 100 || child.exitCode !== null) throw new Error("PeerJS's server did not start");
    await pause(100);
  }
  return {
    at: { host, port },
    async stop() {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

for (const [name, call] of Object.entries(APPS)) {
  for (const policy of POLICIES) {
    test(`${name} ${version(name)} under ${policy}`, async ({ hold, engine }, info) => {
      const stage = await hold({ policy });
      const server = name === 'peerjs' ? await startPeerServer() : null;
      const note = { browser: engine, kind: `${name} ${version(name)}`, policy, network: 'open', connected: false };
      try {
        const heard = await call(stage, stage.iceServers, { server: server?.at });
        note.connected = heard.join() === 'from two,from one';
        expect(heard).toEqual(['from two', 'from one']);
      } finally {
        await server?.stop();
        await info.attach('call', { body: JSON.stringify(note), contentType: 'application/json' });
      }
    });
  }
}
