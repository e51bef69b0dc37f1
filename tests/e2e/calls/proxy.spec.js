// Behind a proxy, with the browser told to use nothing else: no datagram leaves it, and nobody learns
// an address that is the person's.

import { launch, SETTINGS } from '../browsers.js';
import { joinPeer, Side } from './sides.js';
import { expect, kindChosen, lab, network, policyChosen, test } from './stage.js';

const PROXIES = network.lab && kindChosen('proxy') && policyChosen('allow') ? { http: process.env.ICEVEIL_LAB_HTTP_PROXY, socks: process.env.ICEVEIL_LAB_SOCKS_PROXY } : {};

test.beforeAll(() => {
  if (network.lab) lab('proxy');
});

for (const [kind, at] of Object.entries(PROXIES)) {
  test(`behind a proxy (${kind}) a call goes by TURN over TCP through it, and no UDP leaves`, async ({ engine, peer }, info) => {
    const browser = await launch(engine, {
      extension: true, port: peer.port, proxy: { kind, at }, settings: { ...SETTINGS, browserProtection: 'proxied-only' },
    });
    lab('firewall', 'on');
    try {
      const client = await peer.client();
      const page = await browser.context.newPage();
      await page.goto(`${peer.origin('allow')}/call.html`);
      const side = await new Side(page).open({ iceServers: client.iceServers }, { trickle: true });
      joinPeer(side, peer.base, client);
      await side.act('start', { data: true });
      await side.act('say', 'hello');
      await side.act('hears', 'hello');
      const pair = await side.act('pair');
      await side.close();
      const note = { browser: engine, kind: 'proxy', policy: 'allow', network: `${kind} proxy`, connected: true, pairs: [pair] };
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
