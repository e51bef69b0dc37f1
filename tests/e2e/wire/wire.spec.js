// What the browser sends under each policy, by packet capture: whatever a page is told, its servers see packets.

import { capture, show } from '../capture.js';
import { expect, network, SETTINGS, test } from '../fixtures.js';

test.skip(!network.lab, 'packets are captured in the lab only, which takes root on Linux');

const { ICEVEIL_LAB_SITE: SITE, ICEVEIL_LAB_SITE2: SITE2, ICEVEIL_LAB_TUNNEL: TUNNEL } = process.env;
const GATEWAY = '192.168.77.1'; // a host of the LAN
const BESIDE = '203.0.113.1'; // a host beside the site, to which nothing but a check goes
let captures = 0; // a capture's names are its own: look-ups are tried again for seconds

/**
 * All that a page can make a browser send. Runs in the page: a pool, servers by address and by name,
 * remote candidates in the description and added. `how` is where the connection is made.
 */
async function provoke({ iceServers, remote, how, construction }) {
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  let view = window;
  if (how === 'frame') {
    const frame = document.createElement('iframe');
    frame.src = 'about:blank#x';
    document.body.append(frame);
    view = window[0];
  }
  const config = { iceServers, iceCandidatePoolSize: 4 };
  let pc;
  try {
    pc = new view.RTCPeerConnection(config);
  } catch (error) {
    return error.name;
  }
  if (construction) {
    await pause(3000);
    return 'made';
  }
  const complete = (one) => new Promise((resolve) => {
    setTimeout(resolve, 4000);
    one.addEventListener('icegatheringstatechange', () => one.iceGatheringState === 'complete' && resolve());
  });
  const other = new RTCPeerConnection();
  pc.createDataChannel('x');
  const line = (address) => `candidate:1 1 udp 2130706431 ${address} 40000 typ host`;
  const failed = [];
  const attempt = (promise) => promise.catch((error) => failed.push(error.name));
  let step;
  const call = async () => {
    const gathered = complete(pc);
    step = 'the offer';
    await pc.setLocalDescription();
    step = 'the answer';
    await other.setRemoteDescription({ type: 'offer', sdp: pc.localDescription.sdp });
    await other.setLocalDescription();
    const [head, tail] = remote;
    const sdp = `${other.localDescription.sdp}a=${line(head)}\r\n`;
    step = 'taking the answer';
    await pc.setRemoteDescription({ type: 'answer', sdp });
    step = 'remote candidates';
    for (const address of tail) await attempt(pc.addIceCandidate({ candidate: line(address), sdpMLineIndex: 0 }));
    step = 'gathering';
    await gathered;
    pc.restartIce();
    step = 'the restart';
    await attempt(pc.setLocalDescription());
    await pause(2500);
    step = '';
  };
  try {
    await Promise.race([call(), pause(60_000)]);
    if (step) failed.push(`stuck at ${step}`);
  } catch (error) {
    failed.push(`${error.name}: ${error.message}`);
  }
  pc.close();
  other.close();
  return failed.join() || 'sent';
}

/** Captures one provocation; resolves to what left, without the page's own traffic. */
async function heard({ visit, peer, browser }, name, { path = '/probe.html', how = 'window', construction = false, settle = false } = {}) {
  const client = await peer.client();
  const page = await visit(name, path, browser);
  if (settle) {
    // Now the document has its policy: the constructor answers by it.
    await page.evaluate(async () => {
      for (let tries = 0; tries < 20; tries += 1) {
        try {
          new RTCPeerConnection().close();
        } catch {
          return; // refused: that is the policy
        }
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    });
  }
  const named = client.iceServers.flatMap(({ urls }) => urls);
  const place = (url) => {
    const [, six, four, port] = /^turns?:(?:\[([^\]]+)\]|([^:]+)):(\d+)/.exec(url);
    return `${six ?? four} ${port}`;
  };
  const servers = new Set(named.filter((url) => url.startsWith('turn')).map(place));
  captures += 1;
  const nameOf = (what) => `${what}-${captures}.iceveil.invalid`;
  const iceServers = [
    ...client.iceServers,
    { urls: `stun:${nameOf('stun')}` },
    { urls: `turn:${nameOf('turn')}`, username: 'someone', credential: 'something' },
  ];
  const remote = [BESIDE, [SITE2, GATEWAY, nameOf('candidate'), '6f2ac1b2-5d2c-4a53-8d11-7c5c1a9f7e10.local']];
  const capturing = await capture(SITE);
  const outcome = await page.evaluate(provoke, { iceServers, remote, how, construction });
  const packets = await capturing.stop();
  const ofSite = ({ protocol, to, port }) => protocol === 'tcp' && to === SITE && port === Number(peer.port);
  // The browser's own look-ups, at its start, aren't the page's doing.
  const foreign = ({ port, text }) => port === 53 && !text.includes(`-${captures}.iceveil`) && !text.includes('.local');
  const left = packets.filter((one) => !ofSite(one) && !foreign(one));
  // Chromium tells the LAN the random names it gives to its own candidates, of which no page hears.
  const announces = ({ port, text }) => port === 5353 && / \[0q\] /.test(text);
  return {
    outcome,
    toTurn: left.filter(({ to, port }) => servers.has(`${to} ${port}`)),
    announcements: left.filter(announces),
    lookups: left.filter((one) => (one.port === 53 || one.port === 5353) && !announces(one)),
    others: left.filter(({ to, port }) => !servers.has(`${to} ${port}`) && port !== 53 && port !== 5353),
  };
}

const shown = (packets) => [...new Set(packets.map(show))];
const isAbout = (name) => ({ text }) => text.includes(name);

// First what sends nothing: Chromium goes on announcing its names for seconds after a page is closed.
for (const name of ['relay', 'block']) {
  for (const settle of [false, true]) {
    test(`nothing leaves at construction: ${name}, policy ${settle ? 'known' : 'not known yet'}`, async ({ visit, peer, guarded }) => {
      const found = await heard({ visit, peer, browser: guarded }, name, { construction: true, settle });
      expect(found.outcome).toBe(name === 'block' && settle ? 'NotSupportedError' : 'made');
      expect(shown([...found.toTurn, ...found.announcements, ...found.lookups, ...found.others])).toEqual([]);
    });
  }
}

for (const path of ['/probe.html', '/strict/probe.html']) {
  test(`under block nothing leaves at all: ${path}`, async ({ visit, peer, guarded }) => {
    for (const settle of [false, true]) {
      const found = await heard({ visit, peer, browser: guarded }, 'block', { path, settle });
      expect(shown([...found.toTurn, ...found.announcements, ...found.lookups, ...found.others])).toEqual([]);
    }
  });
}

for (const path of ['/probe.html', '/strict/probe.html']) {
  for (const how of ['window', 'frame']) {
    test(`under relay-only nothing leaves but for the TURN servers: ${path}, ${how}`, async ({ visit, peer, guarded }) => {
      const found = await heard({ visit, peer, browser: guarded }, 'relay', { path, how });
      expect(shown(found.others)).toEqual([]);
      expect(shown(found.lookups.filter((one) => !isAbout('turn-')(one)))).toEqual([]);
      expect(found.toTurn.length).toBeGreaterThan(0);
      expect(found.outcome).toBe('sent');
    });
  }
}

test('under public-only no check goes into the LAN, and no local name is looked up', async ({ visit, peer, guarded }) => {
  const found = await heard({ visit, peer, browser: guarded }, 'public');
  expect(shown(found.others.filter(({ to }) => to === GATEWAY))).toEqual([]);
  expect(found.others.some(({ to }) => to === SITE)).toBe(true);
  expect(found.others.some(({ to }) => to === BESIDE)).toBe(true);
});

// A site that may do all: what is left is the browser's own setting, the floor under the hooks.
for (const [protection, isWrong] of [
  // IPv4 as the default route has it, the tunnel. IPv6 has a default route of its own, outside the tunnel.
  ['standard', ({ from, to }) => !from.includes(':') && from !== TUNNEL && to !== GATEWAY],
  ['proxied-only', ({ protocol }) => protocol === 'udp'],
]) {
  test(`browser protection ${protection} holds under allow`, async ({ visit, peer, running }) => {
    const browser = await running({ extension: true, settings: { ...SETTINGS, browserProtection: protection } });
    const found = await heard({ visit, peer, browser }, 'allow');
    expect(shown([...found.others, ...found.toTurn].filter(isWrong))).toEqual([]);
  });
}

// Last, as this browser goes on for a while after its page is closed.
test('without the extension all of it is sent', async ({ visit, peer, plain }) => {
  const found = await heard({ visit, peer, browser: plain }, 'relay');
  expect(found.outcome).toBe('sent');
  const ports = (address) => found.others.filter(({ to }) => to === address).length;
  expect(ports(SITE), 'STUN').toBeGreaterThan(0);
  expect(ports(BESIDE), 'a check of the description').toBeGreaterThan(0);
  expect(ports(GATEWAY), 'a check in the LAN').toBeGreaterThan(0);
  expect(found.toTurn.length, 'TURN').toBeGreaterThan(0);
  expect(found.lookups.some(isAbout('stun-')), "the STUN server's name").toBe(true);
  expect(found.lookups.some(isAbout('turn-')), "the TURN server's name").toBe(true);
  expect(found.lookups.some(isAbout('candidate-')) || found.lookups.some(isAbout('.local')), "a candidate's name").toBe(true);
});

test('without the extension a pool is gathered at construction', async ({ visit, peer, plain, engine }) => {
  const found = await heard({ visit, peer, browser: plain }, 'relay', { construction: true });
  // Firefox has no pool.
  expect(found.others.length > 0).toBe(engine === 'chromium');
});
