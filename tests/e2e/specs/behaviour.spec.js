// What a page sees of each policy, beside addresses.

import { expect, SETTINGS, test } from '../fixtures.js';

/** Opens a data channel to the peer from the page; resolves to what its echo said. */
const echo = async (page, client) =>
  page.evaluate(async ({ id, iceServers }) => {
    const pc = new RTCPeerConnection({ iceServers });
    const channel = pc.createDataChannel('iceveil');
    const heard = new Promise((resolve) => {
      channel.onopen = () => channel.send('hello');
      channel.onmessage = ({ data }) => resolve(data);
      setTimeout(resolve, 60_000, 'nothing');
    });
    const gathered = new Promise((resolve) => {
      pc.onicegatheringstatechange = () => pc.iceGatheringState === 'complete' && resolve();
      setTimeout(resolve, 20_000);
    });
    await pc.setLocalDescription();
    await gathered;
    const reply = await fetch(`/api/clients/${id}/offer`, {
      method: 'POST', headers: { 'content-type': 'application/sdp' }, body: pc.localDescription.sdp,
    });
    await pc.setRemoteDescription({ type: 'answer', sdp: await reply.text() });
    const data = await heard;
    pc.close();
    return data;
  }, client);

for (const name of ['allow', 'public', 'relay']) {
  test(`a data channel to the peer opens under ${name}`, async ({ visit, peer }) => {
    const page = await visit(name);
    expect(await echo(page, await peer.client())).toBe('hello');
  });
}

/** What the constructor does now. The first connection of a document is what has the policy fetched. */
const attempt = (page) => () =>
  page.evaluate(() => {
    try {
      const pc = new RTCPeerConnection();
      const { signalingState } = pc;
      pc.close(); // Firefox caches no page with an open one
      return signalingState;
    } catch (error) {
      return error.name;
    }
  });

test('under block a connection is refused', async ({ visit }) => {
  const page = await visit('block');
  const late = await page.evaluate(async () => {
    const pc = new RTCPeerConnection();
    pc.createDataChannel('x');
    return pc.setLocalDescription().then(() => pc.localDescription?.sdp ?? 'none', (error) => error.name);
  });
  expect(late).not.toContain('candidate');
  await expect.poll(attempt(page)).toBe('NotSupportedError');
});

for (const path of ['/first.html', '/strict/first.html']) {
  test(`the first script of a page is guarded: ${path}`, async ({ visit, peer, guarded }) => {
    const client = await peer.client();
    const page = await visit('relay', `${path}#${encodeURIComponent(JSON.stringify(client.iceServers.filter(({ username }) => !username)))}`, guarded);
    const texts = await page.evaluate(async () => {
      await Promise.all(globalThis.finished);
      return texts;
    });
    expect(texts.length).toBeGreaterThan(0);
    const told = texts.join('\n').match(/typ (host|srflx|prflx)|"candidateType":"(host|srflx|prflx)"[^}]*"address":"[^"]+/g);
    expect(told).toBeNull();
    const heard = await peer.observations(client.id);
    expect(heard.filter(({ how }) => how === 'stun-binding')).toEqual([]);
  });
}

test('a connection that has nothing to negotiate says nothing, and says so once when it has', async ({ visit, plain }) => {
  // The first connection of a document is made before its policy is there, the second after.
  const hear = (page) =>
    page.evaluate(async () => {
      const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
      const log = [];
      for (const round of [1, 2]) {
        const pc = new RTCPeerConnection({ iceServers: [{ urls: 'stun:192.0.2.1' }] });
        pc.addEventListener('negotiationneeded', () => log.push(`needed ${round}`));
        pc.onnegotiationneeded = () => log.push(`handler ${round}`);
        await pause(700);
        log.push('channel');
        pc.createDataChannel('x');
        pc.createDataChannel('y');
        for (let waited = 0; waited < 100 && log.at(-1) !== `handler ${round}`; waited += 1) await pause(100);
        await pause(100); // for one too many
        await pc.setLocalDescription();
        pc.close();
      }
      return log;
    });
  const expected = await hear(await visit('relay', '/probe.html', plain));
  expect(expected).toEqual([1, 2].flatMap((round) => ['channel', `needed ${round}`, `handler ${round}`]));
  for (const name of ['allow', 'public', 'relay']) expect(await hear(await visit(name)), name).toEqual(expected);
});

test('getConfiguration gives back what the page set', async ({ visit, plain }) => {
  const read = (page) =>
    page.evaluate(() => {
      const set = { iceServers: [{ urls: ['stun:192.0.2.1'] }], iceTransportPolicy: 'all', iceCandidatePoolSize: 2 };
      return JSON.stringify(new RTCPeerConnection(set).getConfiguration());
    });
  const page = await visit('relay');
  await expect.poll(attempt(page)).toBe('stable');
  expect(JSON.parse(await read(page))).toEqual(JSON.parse(await read(await visit('relay', '/probe.html', plain))));
});

const REFUSED_ELSEWHERE = { ...SETTINGS, sites: { ...SETTINGS.sites, 'other.iceveil.test': 'block' } };

test('settings written from outside hold for the next connection', async ({ settable, peer }) => {
  const page = await settable.newPage(`${peer.origin('other')}/probe.html`);
  await expect.poll(attempt(page)).toBe('stable');
  await settable.set(REFUSED_ELSEWHERE);
  await expect.poll(attempt(page)).toBe('NotSupportedError');
  await settable.set(SETTINGS);
  await expect.poll(attempt(page)).toBe('stable');
  await page.close();
});

test('a page that comes back from the back/forward cache has the policy of now', async ({ settable, peer }) => {
  const page = await settable.newPage(`${peer.origin('other')}/probe.html`);
  const host = () => page.evaluate(() => location.host).catch(() => '');
  let kept = false;
  // The browser may not have put the connection away yet when its page goes, and then doesn't keep the page.
  for (let tries = 0; tries < 5 && !kept; tries += 1) {
    await settable.set(SETTINGS);
    await expect.poll(attempt(page)).toBe('stable');
    await page.evaluate(() => void (window.kept = true));
    // A turn later, for the document goes under the call.
    await page.evaluate((next) => void setTimeout(() => (location.href = next)), `${peer.origin('relay')}/probe.html`);
    await expect.poll(host).toContain('relay');
    await settable.set(REFUSED_ELSEWHERE);
    await page.evaluate(() => void setTimeout(() => history.back()));
    await expect.poll(host).toContain('other');
    kept = await page.evaluate(() => window.kept === true);
  }
  expect(kept, 'it was in the cache').toBe(true);
  const states = await page.evaluate(async () => {
    const made = [];
    for (let i = 0; i < 50; i += 1) {
      try {
        made.push(new RTCPeerConnection());
      } catch {
        // Refused: the policy is there.
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return made.map(({ signalingState }) => signalingState);
  });
  expect(states.filter((state) => state !== 'closed')).toEqual([]);
  await expect.poll(attempt(page)).toBe('NotSupportedError');
  await settable.set(SETTINGS);
  await page.close();
});
