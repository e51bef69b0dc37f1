// Each library makes a call between two pages, to the peer or to a server, and says what arrived.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { joinPeer } from '../calls/sides.js';
import { startJanus, startPeerServer } from './servers.js';

const modules = join(import.meta.dirname, 'node_modules');
const packed = (name) => join(modules, name);
export const version = (name) => JSON.parse(readFileSync(packed(`${name}/package.json`), 'utf8')).version;

/** What a call that works ends with. */
export const BOTH = ['from two', 'from one'];

/** Gives a page `arrives(pc)`: resolves once pictures were decoded and sound came. */
const watching = (page) => page.evaluate(() => {
  globalThis.arrives = async (pc) => {
    for (;;) {
      let [frames, packets] = [0, 0];
      for (const one of (await pc.getStats()).values()) {
        if (one.type !== 'inbound-rtp') continue;
        if (one.kind === 'video') frames += one.framesDecoded ?? 0;
        else packets += one.packetsReceived ?? 0;
      }
      if (frames >= 10 && packets > 0) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  // Firefox decodes what is shown.
  globalThis.show = (stream) => {
    const element = document.createElement('video');
    Object.assign(element, { muted: true, srcObject: stream });
    element.play().catch(() => {});
  };
  globalThis.camera = () => navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 320, height: 240 } });
});

async function simplePeer(stage) {
  const pages = [await stage.page('one'), await stage.page('two')];
  for (const [n, page] of pages.entries()) {
    await page.addScriptTag({ path: packed('simple-peer/simplepeer.min.js') });
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
    }, [n === 0, stage.iceServers]);
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
}

async function adapter(stage) {
  const side = await stage.side({ script: packed('webrtc-adapter/out/adapter.js') });
  await joinPeer(side, stage.peer.base, stage.client);
  await side.act('start', { data: true, media: true });
  await side.act('say', 'from one');
  await side.act('hears', 'from one');
  await side.act('watches', 10);
  return BOTH;
}

async function peerjs(stage) {
  const server = await startPeerServer(modules);
  try {
    const pages = [await stage.page('one'), await stage.page('two')];
    for (const [n, page] of pages.entries()) {
      await page.addScriptTag({ path: packed('peerjs/dist/peerjs.min.js') });
      await watching(page);
      await page.evaluate(([id, { host, port }, servers]) => {
        const peer = new globalThis.Peer(id, { host, port, path: '/', secure: false, config: { iceServers: servers } });
        globalThis.peer = peer;
        globalThis.wrong = new Promise((_, reject) => peer.on('error', reject));
        globalThis.wrong.catch(() => {});
        globalThis.talks = (data) => new Promise((resolve) => {
          data.on('data', resolve);
          data.on('open', () => data.send(`from ${id}`));
        });
        globalThis.sees = (call) => {
          call.on('stream', globalThis.show);
          return globalThis.arrives(call.peerConnection);
        };
        globalThis.ready = new Promise((resolve) => peer.on('open', resolve));
        globalThis.comes = new Promise((resolve) => peer.on('connection', (data) => resolve(globalThis.talks(data))));
        globalThis.called = new Promise((resolve) => peer.on('call', async (call) => {
          call.answer(await globalThis.camera());
          resolve(globalThis.sees(call));
        }));
      }, [['one', 'two'][n], { host: server.host, port: server.port }, stage.iceServers]);
    }
    const [one, two] = pages;
    await Promise.all(pages.map((page) => page.evaluate(() => Promise.race([globalThis.ready, globalThis.wrong]))));
    const calls = one.evaluate(() => Promise.race([globalThis.wrong, (async () => {
      const heard = await globalThis.talks(globalThis.peer.connect('two'));
      await globalThis.sees(globalThis.peer.call('two', await globalThis.camera()));
      return heard;
    })()]));
    const comes = two.evaluate(() => Promise.race([globalThis.wrong, globalThis.called.then(() => globalThis.comes)]));
    const heard = await Promise.all([calls, comes]);
    await Promise.all(pages.map((page) => page.evaluate(() => globalThis.peer.destroy())));
    return heard;
  } finally {
    await server.stop();
  }
}

async function janus(stage) {
  const server = await startJanus();
  try {
    const page = await stage.page('one');
    await page.addScriptTag({ path: packed('webrtc-adapter/out/adapter.js') });
    const module = readFileSync(packed('janus-gateway/npm/dist/janus.es.js'), 'utf8');
    await page.addScriptTag({ content: module.replace('export { Janus as default };', 'globalThis.Janus = Janus;') });
    await watching(page);
    return await page.evaluate(([url, iceServers]) => new Promise((resolve, reject) => {
      const { Janus } = globalThis;
      const error = (reason) => reject(new Error(String(reason?.message ?? reason)));
      Janus.init({ debug: false, callback: () => {
        const session = new Janus({ server: url, iceServers, error, success: () => session.attach({
          plugin: 'janus.plugin.echotest',
          error,
          success: (handle) => handle.createOffer({
            tracks: [{ type: 'audio', capture: true, recv: true }, { type: 'video', capture: true, recv: true }, { type: 'data' }],
            error,
            success: (jsep) => {
              globalThis.handle = handle;
              handle.send({ message: { audio: true, video: true }, jsep });
            },
          }),
          onmessage: (_, jsep) => jsep && globalThis.handle.handleRemoteJsep({ jsep, error }),
          onremotetrack: (track, _, on) => on && globalThis.show(new globalThis.MediaStream([track])),
          ondataopen: () => globalThis.handle.data({ text: 'from one', error }),
          ondata: async (text) => {
            await globalThis.arrives(globalThis.handle.webrtcStuff.pc);
            session.destroy({ success: () => resolve(['from two', text.replace(/^Janus EchoTest here! You wrote: /, '')]), error });
          },
        }) });
      } });
    }), [server.url, stage.iceServers]);
  } finally {
    await server.stop();
  }
}

/** `lab`: its server wants an address that isn't loopback. */
export const LIBRARIES = {
  'simple-peer': { call: simplePeer },
  'webrtc-adapter': { call: adapter },
  peerjs: { call: peerjs },
  'janus-gateway': { call: janus, lab: true },
};
