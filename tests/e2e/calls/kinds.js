// The kinds of call. Each gets the stage of stage.js and ends well only if what it is about arrived.

import { expect } from '../fixtures.js';
import { join, joinPeer } from './sides.js';

const greet = async (one, other) => {
  await Promise.all([one.act('say', 'from one'), other.act('say', 'from the other')]);
  await Promise.all([one.act('hears', 'from the other'), other.act('hears', 'from one')]);
};

const toPeer = ({ data, media, options, config }) => async (stage) => {
  const side = await stage.side({ config, options });
  joinPeer(side, stage.peer.base, stage.client);
  await side.act('start', { data, media });
  if (data) {
    await side.act('say', 'hello');
    await side.act('hears', 'hello');
  }
  if (media) await side.act('watches', 10);
};

const between = ({ data = true, media = false, options = {}, config = {}, other = null, glare = false, then = null }) =>
  async (stage) => {
    // A channel is there from the start, as in an application that doesn't trickle.
    const one = await stage.side({ options: { ...options, channel: data }, config });
    const two = await stage.side({ options: { polite: true, ...options }, config, policy: other });
    let release = null;
    join(one, two, glare ? new Promise((resolve) => (release = resolve)) : undefined);
    await one.act('start', { data: false, media });
    if (media) await two.act('start', { data: false, media: true });
    if (glare) {
      await expect.poll(() => Promise.all([one, two].map((side) => side.act('signals')))).toEqual(Array(2).fill('have-local-offer'));
      release();
    }
    if (data) await greet(one, two);
    if (media) await Promise.all([one.act('watches', 10), two.act('watches', 10)]);
    await then?.(stage, one, two);
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
  await expect.poll(() => one.act('restarts'), { timeout: 20_000 }).toBeGreaterThan(before);
  await Promise.all([one.act('say', 'after'), two.act('hears', 'after')]);
};
const restart = (stage, one, two) => again(one, two);

/** The VPN goes away under the call, or comes up under it; the call goes on after an ICE restart. */
const moves = (first, then) => async (stage) => {
  await stage.lab('network', first);
  await between({ then: async (_, one, two) => {
    await stage.lab('network', then);
    await again(one, two);
  } })(stage);
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

/** `quick` kinds run in every test, the others in a full one; `lab` ones need the lab. */
export const KINDS = {
  'peer-data': { run: toPeer({ data: true }), quick: true },
  'peer-data-trickle-off': { run: toPeer({ data: true, options: { trickle: false } }) },
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
  bulk: { run: between({ then: pour }) },
  restart: { run: between({ then: restart }) },
  'vpn-down': { run: moves('vpn-up', 'vpn-down'), lab: true },
  'vpn-up': { run: moves('vpn-down', 'vpn-up'), lab: true },
};
