// What calls stand on: browsers, a peer whose TURN server reaches the lab's networks, sides, a note of
// how it went.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, network, test as base } from '../fixtures.js';
import { startPeer } from '../peer.js';
import { Side } from './sides.js';
import { startCoturn, TLS_NAME } from './coturn.js';

export { expect, network };

/** The host for a policy; one with a camera where the call has pictures. */
export const HOST = { none: 'mic.allow', allow: 'mic.allow', 'public-only': 'mic.public', 'relay-only': 'mic.relay', block: 'mic.block' };

/** Whether the command line chose this kind, or this policy; it chooses all if it says nothing. */
const chooses = (words) => (name) => !words || words.split(',').includes(name);
export const kindChosen = chooses(process.env.ICEVEIL_CALLS_KIND);
export const policyChosen = chooses(process.env.ICEVEIL_CALLS_POLICY);

/** Does something to the lab that the tests run in: `lab('firewall', 'on')`. */
export const lab = (...words) =>
  execFileSync('bash', [join(import.meta.dirname, '../../lab/lab.sh'), ...words], {
    env: { ...process.env, LAB_NAME: process.env.ICEVEIL_LAB },
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  });

export const test = base.extend({
  peer: [
    async ({}, use) => {
      const coturn = process.env.ICEVEIL_TURN === 'coturn' ? await startCoturn() : null;
      // The peer's own TURN server reaches the clients' public addresses and other servers, as those of the internet do.
      const reach = network.lab ? ['198.51.100.0/24', '203.0.113.0/24', '192.0.2.0/24'] : [];
      const own = ['--turns', `${process.env.ICEVEIL_LAB_SITE ?? '127.0.0.1'}:0`, '--tls-name', TLS_NAME, ...reach.flatMap((prefix) => ['--turn-peer', prefix])];
      const peer = await startPeer(coturn ? coturn.options : own);
      await use({ ...peer, certificate: coturn ? coturn.certificate : peer.certificate });
      await peer.stop();
      await coturn?.stop();
    },
    { scope: 'worker' },
  ],

  /** `hold({policy})`: a stage for one call. */
  hold: async ({ peer, running }, use) => {
    const open = [];
    await use(async ({ policy }) => {
      const client = await peer.client();
      // TLS only where a call is about it: it would make all others slower.
      const iceServers = serversOf(client, (url) => !url.startsWith('turns:'));
      const pages = new Map();
      const page = async (of, place) => {
        const key = `${of} ${place}`;
        if (!pages.has(key)) {
          const browser = await running({ extension: of !== 'none', certificate: peer.certificate });
          const made = await browser.context.newPage();
          await made.goto(`${peer.origin(HOST[of])}/call.html`);
          pages.set(key, made);
        }
        return pages.get(key);
      };
      const sides = [];
      const stage = {
        peer,
        client,
        iceServers,
        page: (place) => page(policy, place),
        note: {},
        lab,
        sides,
        /** `servers` says which of the URLs of the client's servers the side is given. */
        async side({ policy: other, place = sides.length, script, options, config, servers } = {}) {
          const of = policy === 'none' ? policy : other ?? policy;
          const side = new Side(await page(of, place));
          side.policy = of;
          if (script) await side.page.addScriptTag({ path: script });
          sides.push(side);
          return side.open({ iceServers: servers ? serversOf(client, servers) : iceServers, ...config }, options);
        },
        async close() {
          await Promise.all(sides.map((side) => side.hush()));
          const ends = await Promise.allSettled(sides.map((side) => side.close()));
          await Promise.all([...pages.values()].map((one) => one.close()));
          for (const { reason } of ends) if (reason) throw reason;
        },
      };
      open.push(stage);
      return stage;
    });
    for (const stage of open) await stage.close();
  },
});

/** The servers of a client, with those of their URLs that are wanted. */
export function serversOf({ iceServers }, wanted) {
  const servers = iceServers.map((one) => ({ ...one, urls: one.urls.filter(wanted) })).filter(({ urls }) => urls.length);
  if (!servers.length) throw new Error('no such server');
  return servers;
}

/** What the wire learned, in words: how, and the class of the address. */
export async function learned(peer, client) {
  const seen = await peer.observations(client.id);
  // A description's c= line is the relay's, too, and has no port by which the peer would know it.
  const relays = new Set(seen.filter(({ relayed }) => relayed).map(({ address }) => address));
  const words = seen.filter(({ how }) => how !== 'http' && how !== 'turn-allocate' && how !== 'turn-peer')
    .map((one) => `${one.how} ${relays.has(one.address) ? 'relay' : one.class}`);
  return [...new Set(words)].sort();
}
