// Behind a proxy, with the browser told to use nothing else: no datagram leaves it, and nobody learns
// an address that is the person's.

import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { launch, SETTINGS } from '../browsers.js';
import { packedChromium } from '../packed.js';
import { joinPeer, Side } from './sides.js';
import { expect, HOST, kindChosen, lab, learned, network, policyChosen, serversOf, test } from './stage.js';

const PROXIES = network.lab && kindChosen('proxy') ? { http: process.env.ICEVEIL_LAB_HTTP_PROXY, socks: process.env.ICEVEIL_LAB_SOCKS_PROXY } : {};
const PROXIED = { ...SETTINGS, browserProtection: 'proxied-only' };

// Every test has the policy that gives away most, a full one all.
const POLICIES = (process.env.ICEVEIL_FULL ? ['allow', 'public-only', 'relay-only'] : ['allow']).filter(policyChosen);
const cases = Object.entries(PROXIES).flatMap(([kind, at]) => POLICIES.map((policy) => ({ kind, at, policy })));

/** How many candidates for UDP a page gathers that may use a microphone, without any server. */
const candidates = (page) => page.evaluate(async () => {
  const pc = new RTCPeerConnection();
  pc.createDataChannel('x');
  await pc.setLocalDescription();
  while (pc.iceGatheringState !== 'complete') await new Promise((resolve) => setTimeout(resolve, 50));
  const found = pc.localDescription.sdp.match(/^a=candidate:\S+ \d udp /gim) ?? [];
  pc.close();
  return found.length;
});

const open = async (browser, peer, policy) => {
  const page = await browser.context.newPage();
  await page.goto(`${peer.origin(HOST[policy])}/call.html`);
  return page;
};

/**
 * No UDP in the first page of a new profile. Chromium is told what to set when it runs already: there, as soon
 * as that is done.
 */
async function holdsBack(browser, peer, policy, engine) {
  const page = await open(browser, peer, policy);
  if (engine === 'chromium') await expect.poll(() => candidates(page), 'candidates for UDP').toBe(0);
  else expect(await candidates(page), 'candidates for UDP in the first page').toBe(0);
}

/** A call with the peer; resolves to its client and what the table says of it. */
async function call(browser, peer, policy) {
  const client = await peer.client();
  // By address: what has a name Chromium looks up by itself, by UDP and outside the proxy.
  const iceServers = serversOf(client, (url) => !url.startsWith('turns:'));
  const side = await new Side(await open(browser, peer, policy)).open({ iceServers }, { trickle: true });
  await joinPeer(side, peer.base, client);
  await side.act('start', { data: true });
  await side.act('say', 'hello');
  await side.act('hears', 'hello');
  const [ms, pair] = [await side.act('took'), await side.act('pair')];
  await side.close();
  return { client, note: { policy, connected: true, ms, pairs: [pair], wire: await learned(peer, client) } };
}

const attach = (info, note) => info.attach('call', { body: JSON.stringify(note), contentType: 'application/json' });
const dropped = () => Number(lab('firewall', 'count'));

test.beforeAll(() => {
  if (network.lab) lab('proxy');
});

for (const { kind, at, policy } of cases) {
  test(`behind a proxy (${kind}) a call under ${policy} goes by TURN over TCP through it, and no UDP leaves`, async ({ engine, peer }, info) => {
    const browser = await launch(engine, { extension: true, port: peer.port, proxy: { kind, at }, settings: PROXIED });
    try {
      if (engine === 'firefox') lab('firewall', 'on');
      await holdsBack(browser, peer, policy, engine);
      if (engine === 'chromium') lab('firewall', 'on');
      const { client, note } = await call(browser, peer, policy);
      await attach(info, { browser: engine, kind: 'proxy', network: `${kind} proxy`, ...note });
      expect(note.pairs).toEqual([expect.objectContaining({ local: 'relay', protocol: 'tcp' })]);
      const seen = new Set((await peer.observations(client.id)).filter(({ how }) => how !== 'http').map(({ address }) => address));
      for (const address of [...network.local, ...network.outside, ...network.known]) expect(seen).not.toContain(address);
      expect(dropped(), 'datagrams that tried to leave').toBe(0);
    } finally {
      lab('firewall', 'off');
      await browser.close();
    }
  });
}

/** Waits until the browser that had a profile lets go of it, some seconds at most. */
async function released(profile) {
  for (let tries = 0; tries < 100; tries += 1) {
    if (!(await readdir(profile)).some((name) => ['lock', 'SingletonLock'].includes(name))) return;
    await pause(100);
  }
}

PROXIES.http && test('a browser that starts again keeps to its proxy from its first page on', async ({ engine, peer }, info) => {
  const profile = await mkdtemp(join(tmpdir(), `iceveil-again-${engine}-`));
  const program = engine === 'chromium' ? await packedChromium() : null;
  const proxy = { kind: 'http', at: PROXIES.http };
  const installed = program ? { binary: program.binary, packed: true } : {};
  const start = (settings) => launch(engine, { extension: true, port: peer.port, proxy, settings, profile, ...installed });
  try {
    const before = await start(PROXIED);
    await holdsBack(before, peer, 'allow', engine);
    await before.close();
    await released(profile);
    lab('firewall', 'on');
    try {
      const browser = await start(null);
      try {
        expect(await candidates(await open(browser, peer, 'allow')), 'candidates for UDP in the first page').toBe(0);
        const { note } = await call(browser, peer, 'allow');
        await attach(info, { browser: engine, kind: 'proxy-restart', network: 'http proxy', ...note });
        expect(note.pairs).toEqual([expect.objectContaining({ local: 'relay', protocol: 'tcp' })]);
      } finally {
        await browser.close();
      }
      // Browsers look up names of their makers' services as they start, and the machine's own.
      expect(Number(lab('firewall', 'calls')), 'datagrams that tried to leave').toBe(0);
    } finally {
      lab('firewall', 'off');
    }
  } finally {
    await program?.end();
    await rm(profile, { recursive: true, force: true, maxRetries: 3 });
  }
});
