// The kinds of call. Each gets the stage of stage.js and ends well only if what it is about arrived.

import { expect } from '../fixtures.js';
import { join, joinPeer } from './sides.js';

const greet = async (one, other) => {
  await Promise.all([one.act('say', 'from one'), other.act('say', 'from the other')]);
  await Promise.all([one.act('hears', 'from the other'), other.act('hears', 'from one')]);
};

const toPeer = ({ data, media, options, config }) => async (stage) => {
  const side = await stage.side({ config, options });
  await joinPeer(side, stage.peer.base, stage.client);
  await side.act('start', { data, media });
  if (data) {
    await side.act('say', 'hello');
    await side.act('hears', 'hello');
  }
  if (media) await side.act('watches', 10);
};

/** The peer makes the call, with a channel and tracks. */
const fromPeer = async (stage) => {
  const side = await stage.side({ options: { answers: true } });
  await side.act('start', { media: true });
  await joinPeer(side, stage.peer.base, stage.client, { as: 'call', query: '?media=audio,video' });
  await side.act('say', 'hello');
  await side.act('hears', 'hello');
  await side.act('watches', 10);
};

/** One page sends to the peer, another plays what the peer then sends (WHIP and WHEP). */
const played = async (stage) => {
  const sender = await stage.side();
  await joinPeer(sender, stage.peer.base, stage.client);
  await sender.act('start', { media: true });
  await sender.act('watches', 1);
  const player = await stage.side();
  await joinPeer(player, stage.peer.base, stage.client, { as: 'whep' });
  await player.act('start', { receives: true });
  await player.act('watches', 10);
};

// With `noise` only one side sends; `servers` says which URLs both are given.
const between = ({ data = true, media = false, noise = false, options = {}, config = {}, servers = null, other = null, glare = false, then = null }) =>
  async (stage) => {
    // A channel is there from the start, as in an application that doesn't trickle.
    const one = await stage.side({ options: { ...options, channel: data }, config, servers });
    const two = await stage.side({ options: { polite: true, ...options }, config, servers, policy: other });
    let release = null;
    join(one, two, glare ? new Promise((resolve) => (release = resolve)) : undefined);
    await one.act('start', { data: false, media, noise });
    if (media && !noise) await two.act('start', { data: false, media: true });
    if (glare) {
      await expect.poll(() => Promise.all([one, two].map((side) => side.act('signals')))).toEqual(Array(2).fill('have-local-offer'));
      release();
    }
    if (data) await greet(one, two);
    if (media) await Promise.all((noise ? [two] : [one, two]).map((side) => side.act('watches', 10)));
    await then?.(stage, one, two);
  };

/** Through these TURN servers and no others. */
const relayed = (servers, more) => ({ ...more, servers, config: { iceTransportPolicy: 'relay' } });

/** Where the TURN server is the peer's it says how it was reached; coturn is the only one there is. */
const allocated = (how) => async ({ peer, client }) => {
  if (process.env.ICEVEIL_TURN === 'coturn') return;
  const seen = (await peer.observations(client.id)).filter((one) => one.how === 'turn-allocate');
  const fits = { ipv6: ({ address }) => address.includes(':'), tls: ({ transport }) => transport === 'tls' }[how];
  expect(seen.length, 'allocations').toBeGreaterThan(1);
  expect(seen.filter((one) => !fits(one)), `allocations by another way than ${how}`).toEqual([]);
};

const MEGABYTE = 1024 * 1024;
const pour = async (stage, one, two) => {
  const size = 4 * MEGABYTE;
  const [rate] = await Promise.all([two.act('receives', size), one.act('pour', size)]);
  stage.note.bytesPerSecond = Math.round(rate);
};

const again = async (one, two) => {
  const before = await one.act('restarts');
  await one.act('restart');
  await expect.poll(() => one.act('restarts')).toBeGreaterThan(before);
  await Promise.all([one.act('say', 'after'), two.act('hears', 'after')]);
};
const restart = (stage, one, two) => again(one, two);

/** The VPN goes away under the call, or comes up under it; the call goes on after an ICE restart. */
const moves = (first, then) => async (stage) => {
  try {
    // First the pages: a browser drops what it loads while its network changes.
    await Promise.all([0, 1].map((place) => stage.page(place)));
    await stage.lab('network', first);
    await between({ then: async (_, one, two) => {
      await stage.lab('network', then);
      await again(one, two);
    } })(stage);
  } finally {
    // The test's own way to the peer is the VPN, too.
    await stage.lab('network', 'vpn-up');
  }
};

/** The link narrows under the call: less is sent; it widens, and more is sent and arrives. */
const adapts = async ({ lab, note }, one, two) => {
  const rates = (note.bitsPerSecond = []);
  const settles = async (what, good) => {
    const rate = async () => good(rates[rates.length] = await one.act('rate'));
    await expect.poll(rate, { message: `the bit rate ${what}`, timeout: 60_000 }).toBe(true);
  };
  let [wide, narrow] = [0, 0];
  await settles('levels off', (now) => {
    const level = now < wide * 1.1;
    wide = Math.max(wide, now);
    return level;
  });
  await lab('link', 'narrow');
  try {
    await settles('falls', (now) => (narrow = now) < wide / 2);
  } finally {
    await lab('link', 'wide');
  }
  // It may go on falling for a moment after the link is wide again.
  await settles('rises', (now) => now > (narrow = Math.min(narrow, now)) * 1.5);
  await two.act('watches', 10);
};

const mesh = async (stage) => {
  const names = ['a', 'b', 'c'];
  const links = [];
  for (let i = 0; i < 3; i += 1) {
    for (let j = i + 1; j < 3; j += 1) {
      const one = await stage.side({ place: names[i] });
      const two = await stage.side({ place: names[j], options: { polite: true } });
      join(one, two);
      await one.act('start', { data: true });
      links.push([one, two]);
    }
  }
  await Promise.all(links.map(([one, two]) => greet(one, two)));
};

/** Under `block` a page gets no connection, as in a browser without WebRTC, and nothing is sent. */
const refused = async (stage) => {
  const page = await stage.page('one');
  const attempt = () => page.evaluate((config) => {
    try {
      new RTCPeerConnection(config).close();
      return 'a connection';
    } catch (error) {
      return error.name;
    }
  }, { iceServers: stage.iceServers });
  // A document that has just come doesn't have its policy yet.
  await expect.poll(attempt).toBe('NotSupportedError');
  const seen = await stage.peer.observations(stage.client.id);
  expect(seen.map(({ how }) => how).filter((how) => how !== 'http'), 'the wire learned nothing').toEqual([]);
  stage.note.refused = true;
};

/** `quick` kinds run in every test, the others in a full one; `lab` ones need the lab; `policies` are those of calls if not said. */
export const KINDS = {
  refused: { run: refused, quick: true, policies: ['block'] },
  'peer-data': { run: toPeer({ data: true }), quick: true },
  'peer-data-trickle-off': { run: toPeer({ data: true, options: { trickle: false } }) },
  'peer-calls': { run: fromPeer },
  whep: { run: played, quick: true },
  'peer-media': { run: toPeer({ data: true, media: true }), quick: true },
  data: { run: between({}), quick: true },
  'one-side': { run: between({ other: 'allow', media: true }), quick: true },
  media: { run: between({ media: true }) },
  'trickle-off': { run: between({ options: { trickle: false } }) },
  pool: { run: between({ config: { iceCandidatePoolSize: 2 } }) },
  'max-bundle': { run: between({ media: true, config: { bundlePolicy: 'max-bundle' } }) },
  'max-compat': { run: between({ media: true, config: { bundlePolicy: 'max-compat' } }) },
  glare: { run: between({ media: true, glare: true }), quick: true },
  mesh: { run: mesh },
  // Through relays whatever the policy, so that what they carry can be compared.
  bulk: { run: between({ config: { iceTransportPolicy: 'relay' }, then: pour }) },
  adaptive: { run: between({ media: true, noise: true, config: { iceTransportPolicy: 'relay' }, then: adapts }), lab: true },
  'turn-ipv6': { run: between({ ...relayed((url) => url.startsWith('turn:['), { media: true }), then: allocated('ipv6') }), lab: true },
  'turn-tls': { run: between({ ...relayed((url) => url.startsWith('turns:'), { media: true }), then: allocated('tls') }) },
  restart: { run: between({ then: restart }) },
  'vpn-down': { run: moves('vpn-up', 'vpn-down'), lab: true },
  'vpn-up': { run: moves('vpn-down', 'vpn-up'), lab: true },
};
