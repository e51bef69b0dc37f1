// Behind a proxy, with the browser told to use nothing else: no datagram leaves it, and nobody learns
// an address that is the person's.

import { launch, SETTINGS } from '../browsers.js';
import { joinPeer, Side } from './sides.js';
import { expect, HOST, kindChosen, lab, learned, network, policyChosen, test } from './stage.js';

const PROXIES = network.lab && kindChosen('proxy') ? { http: process.env.ICEVEIL_LAB_HTTP_PROXY, socks: process.env.ICEVEIL_LAB_SOCKS_PROXY } : {};

// Every test has the policy that gives away most, a full one all.
const POLICIES = (process.env.ICEVEIL_FULL ? ['allow', 'public-only', 'relay-only'] : ['allow']).filter(policyChosen);
const cases = Object.entries(PROXIES).flatMap(([kind, at]) => POLICIES.map((policy) => ({ kind, at, policy })));

/**
 * Waits until the browser's own setting holds: in a new profile it comes a moment after the extension,
 * and until then there is UDP. A page that may use a microphone then finds its addresses.
 */
async function settingHolds(browser, peer) {
  const page = await browser.context.newPage();
  await page.goto(`${peer.origin(HOST.allow)}/call.html`);
  const gather = () => page.evaluate(async () => {
    const pc = new RTCPeerConnection();
    pc.createDataChannel('x');
    await pc.setLocalDescription();
    while (pc.iceGatheringState !== 'complete') await new Promise((resolve) => setTimeout(resolve, 50));
    const candidates = pc.localDescription.sdp.match(/^a=candidate:\S+ \d udp /gim) ?? [];
    pc.close();
    return candidates.length;
  });
  await expect.poll(gather, 'no candidates for UDP').toBe(0);
  await page.close();
}

test.beforeAll(() => {
  if (network.lab) lab('proxy');
});

for (const { kind, at, policy } of cases) {
  test(`behind a proxy (${kind}) a call under ${policy} goes by TURN over TCP through it, and no UDP leaves`, async ({ engine, peer }, info) => {
    const browser = await launch(engine, {
      extension: true, port: peer.port, proxy: { kind, at }, settings: { ...SETTINGS, browserProtection: 'proxied-only' },
    });
    try {
      await settingHolds(browser, peer);
      lab('firewall', 'on');
      const begin = performance.now();
      const client = await peer.client();
      const page = await browser.context.newPage();
      await page.goto(`${peer.origin(HOST[policy])}/call.html`);
      const side = await new Side(page).open({ iceServers: client.iceServers }, { trickle: true });
      joinPeer(side, peer.base, client);
      await side.act('start', { data: true });
      await side.act('say', 'hello');
      await side.act('hears', 'hello');
      const ms = Math.round(performance.now() - begin);
      const pair = await side.act('pair');
      await side.close();
      const note = { browser: engine, kind: 'proxy', policy, network: `${kind} proxy`, connected: true, ms, pairs: [pair], wire: await learned(peer, client) };
      await info.attach('call', { body: JSON.stringify(note), contentType: 'application/json' });
      expect(pair).toMatchObject({ local: 'relay', protocol: 'tcp' });
      const seen = new Set((await peer.observations(client.id)).filter(({ how }) => how !== 'http').map(({ address }) => address));
      for (const address of [...network.local, ...network.outside, ...network.known]) expect(seen).not.toContain(address);
      expect(Number(lab('firewall', 'count')), 'datagrams that tried to leave').toBe(0);
    } finally {
      lab('firewall', 'off');
      await browser.close();
    }
  });
}
