// From `new RTCPeerConnection` to an open data channel, a call's statistics, and one candidate.

import { exponent, summary } from '../table.mjs';

/** In the page: milliseconds to the open data channels of `count` connections, one after the other. */
async function connect({ count, relay }) {
  const { findPeer } = await import('/peer.js');
  const peer = await findPeer();
  const times = [];
  for (let n = 0; n < count; n += 1) {
    const start = performance.now();
    const pc = new RTCPeerConnection({ iceServers: peer.iceServers, ...(relay && { iceTransportPolicy: 'relay' }) });
    const channel = pc.createDataChannel('bench');
    const open = new Promise((resolve, reject) => {
      channel.onopen = resolve;
      setTimeout(() => reject(new Error(`no data channel within 15 s (${pc.iceConnectionState})`)), 15_000);
    });
    const gathered = new Promise((resolve) => {
      pc.onicecandidate = ({ candidate }) => (candidate === null || relay) && resolve();
    });
    await pc.setLocalDescription();
    await gathered;
    await pc.setRemoteDescription({ type: 'answer', sdp: await peer.offer(pc.localDescription.sdp) });
    await open;
    times.push(performance.now() - start);
    pc.close();
    await peer.hangUp();
  }
  return times;
}

const POLICIES = [
  { host: 'allow', relay: false, name: 'Allow', budget: { ratio: 1.05 } },
  { host: 'public', relay: false, name: 'Hide local addresses' },
  { host: 'relay', relay: true, name: 'Relay only' },
];
const ROUNDS = 9; // a first connection is there once in a page
const LATER = 2;

function channels(engine) {
  return {
    name: `connection-${engine}`,
    about: `from creation to open data channel in ${engine}, first and later, per policy`,
    async run(stage) {
      const rows = [];
      for (const { host, relay, name, budget } of POLICIES) {
        const first = { on: [], off: [] };
        const later = { on: [], off: [] };
        for (let round = 0; round < ROUNDS; round += 1) {
          for (const kind of round % 2 ? ['off', 'on'] : ['on', 'off']) {
            const [one, ...rest] = await stage.run(engine, kind, host, connect, { count: 1 + LATER, relay });
            first[kind].push(one);
            later[kind].push(...rest);
          }
        }
        const row = (what, { on, off }) => ({ what: `${what}, ${name}`, unit: 'ms', ours: on, theirs: off, peer: 'without it', ...(budget && { budget }) });
        rows.push(row('first data channel', first), row('later data channel', later));
      }
      return rows;
    },
  };
}

/** In the page: milliseconds to make, gather for and close `count` connections. */
async function many({ count }) {
  const start = performance.now();
  for (let n = 0; n < count; n += 1) {
    const pc = new RTCPeerConnection();
    pc.createDataChannel('bench');
    await pc.setLocalDescription();
    pc.close();
  }
  return performance.now() - start;
}

/** In the page: milliseconds of one `getStats` and reading all of it, with `streams` transceivers. */
async function statistics({ streams, reads }) {
  const [a, b] = [new RTCPeerConnection(), new RTCPeerConnection()];
  a.onicecandidate = ({ candidate }) => candidate && b.addIceCandidate(candidate);
  b.onicecandidate = ({ candidate }) => candidate && a.addIceCandidate(candidate);
  for (let n = 0; n < streams; n += 1) a.addTransceiver(n % 2 ? 'audio' : 'video');
  await a.setLocalDescription();
  await b.setRemoteDescription(a.localDescription);
  await b.setLocalDescription();
  await a.setRemoteDescription(b.localDescription);
  const times = [];
  for (let n = 0; n < reads; n += 1) {
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
    const start = performance.now();
    (await a.getStats()).forEach((entry) => JSON.stringify(entry));
    times.push(performance.now() - start);
  }
  a.close();
  b.close();
  return times;
}

/**
 * In the page: microseconds of one remote candidate, to the guard and back until the call returns. The connection is
 * closed, so that the browser does nothing with it: else each would cost it more than the one before.
 */
async function candidate({ each, rounds }) {
  const times = [];
  const pc = new RTCPeerConnection();
  pc.createDataChannel('bench');
  await pc.setLocalDescription();
  pc.close();
  for (let round = -1; round < rounds; round += 1) {
    const refused = [];
    const start = performance.now();
    for (let n = 0; n < each; n += 1) {
      const line = `candidate:${n} 1 udp ${1000 + n} 203.0.113.${n % 250} ${1024 + n} typ host`;
      refused.push(pc.addIceCandidate({ candidate: line, sdpMid: '0', sdpMLineIndex: 0 }));
    }
    if (round >= 0) times.push((performance.now() - start) * 1000 / each);
    await Promise.allSettled(refused);
  }
  return times;
}

function calls(engine) {
  return {
    name: `calls-${engine}`,
    about: `100 connections, statistics of 50 streams and one candidate in ${engine}, and how each grows`,
    async run(stage) {
      const rows = [];
      const both = async (what, work, argument, unit = 'ms', turns = 2) => {
        for (const { host, name: policy } of POLICIES) {
          const lists = { on: [], off: [] };
          for (let round = 0; round < turns; round += 1) {
            for (const kind of round % 2 ? ['off', 'on'] : ['on', 'off']) {
              lists[kind].push(...[await stage.run(engine, kind, host, work, argument)].flat());
            }
          }
          rows.push({ what: `${what}, ${policy}`, unit, ours: lists.on, theirs: lists.off, peer: 'without it' });
        }
      };
      await both('100 connections', many, { count: 100 });
      await both('getStats of 50 streams', statistics, { streams: 50, reads: 8 });
      await both('1 remote candidate', candidate, { each: 100, rounds: 8 }, 'µs', 4);
      for (const { what, ours, theirs } of rows.slice(-POLICIES.length)) {
        const added = summary(ours).median - summary(theirs).median;
        rows.push({ what: `${what}: what the guard adds`, unit: 'µs', ours: [Math.max(0, added)], budget: { most: 50 } });
      }
      const growth = async (what, work, arguments_) => {
        const points = [];
        for (const [size, argument] of arguments_) {
          points.push([size, summary([await stage.run(engine, 'on', 'public', work, argument)].flat()).median]);
        }
        rows.push({ what: `growth with the number of ${what}`, unit: '(exponent)', ours: [exponent(points)], budget: { exponent: 1.1 } });
      };
      await growth('connections', many, [1, 10, 100].map((count) => [count, { count }]));
      await growth('streams of getStats', statistics, [1, 10, 100].map((streams) => [streams, { streams, reads: 8 }]));
      await growth('remote candidates, each', candidate, [20, 200, 2000].map((each) => [each, { each, rounds: 5 }]));
      return rows;
    },
  };
}

export const lines = ['chromium', 'firefox'].flatMap((engine) => [channels(engine), calls(engine)]);
