// A call that can't come about, and what the popup says of it.

import { expect, test } from '../people/stage.js';
import { kindChosen, policyChosen } from './stage.js';

const chosen = kindChosen('no-relay') && policyChosen('relay-only');

chosen && test('without a relay a protected call fails cleanly, and the popup says why', async ({ stage, peer, engine }, info) => {
  const { iceServers } = await peer.client();
  const page = await stage.visit('relay');
  const end = await page.evaluate(async (servers) => {
    const [one, two] = [0, 1].map(() => new RTCPeerConnection({ iceServers: servers }));
    const complete = Promise.all([one, two].map((pc) => new Promise((resolve) => {
      pc.onicegatheringstatechange = () => pc.iceGatheringState === 'complete' && resolve(pc.iceGatheringState);
    })));
    const told = [];
    for (const [from, to] of [[one, two], [two, one]]) {
      from.onicecandidate = ({ candidate }) => {
        if (candidate) told.push(candidate.candidate);
        to.addIceCandidate(candidate ?? undefined);
      };
    }
    const channel = one.createDataChannel('call');
    await one.setLocalDescription();
    await two.setRemoteDescription(one.localDescription);
    await two.setLocalDescription();
    await one.setRemoteDescription(two.localDescription);
    const states = await complete;
    return { told, states, signalling: one.signalingState, connection: one.connectionState, channel: channel.readyState };
  }, iceServers.filter(({ username }) => !username));
  expect(end.told.filter((one) => one && one.includes(' typ '))).toEqual([]);
  expect(end.states).toEqual(['complete', 'complete']);
  expect(end.signalling).toBe('stable');
  expect(end.connection).not.toBe('connected');
  expect(end.channel).toBe('connecting');
  const popup = await stage.popup(await page.url());
  await expect.poll(() => popup.isVisible('#no-relay')).toBe(true);
  const note = { browser: engine, kind: 'no-relay', policy: 'relay-only', network: 'open', connected: false, fails: true };
  await info.attach('call', { body: JSON.stringify(note), contentType: 'application/json' });
});
