// One candidate is the same wherever a page meets it: in its event, in descriptions, in statistics.

import { expect, network, test } from '../fixtures.js';

/** A call to the peer, and all that the page can read of its candidates on the way. */
const call = async ({ id, iceServers }) => {
  const pc = new RTCPeerConnection({ iceServers });
  const events = [];
  const order = [];
  pc.addEventListener('icecandidate', ({ candidate }) => {
    order.push(candidate === null ? 'null' : 'candidate');
    if (candidate?.candidate) events.push(candidate);
  });
  pc.addEventListener('icegatheringstatechange', () => order.push(pc.iceGatheringState));
  const channel = pc.createDataChannel('x');
  const opened = new Promise((resolve) => {
    channel.onopen = () => resolve(true);
    setTimeout(resolve, 60_000, false);
  });
  const gathered = new Promise((resolve) => {
    pc.addEventListener('icegatheringstatechange', () => pc.iceGatheringState === 'complete' && resolve());
    setTimeout(resolve, 20_000);
  });
  await pc.setLocalDescription();
  await gathered;
  const reply = await fetch(`/api/clients/${id}/offer`, {
    method: 'POST', headers: { 'content-type': 'application/sdp' }, body: pc.localDescription.sdp,
  });
  await pc.setRemoteDescription({ type: 'answer', sdp: await reply.text() });
  const open = await opened;
  await new Promise((resolve) => setTimeout(resolve, 200));
  const report = await pc.getStats();
  const entries = [...report.values()];
  const lost = entries.flatMap((one) =>
    Object.entries(one)
      .filter(([name, value]) => /(candidate|transport|certificate|pair)Id$/i.test(name) && name !== 'issuerCertificateId' && !report.has(value))
      .map(([name]) => `${one.type}.${name}`));
  const read = ({ candidate, foundation, address, port, type, protocol, relatedAddress, relatedPort }) =>
    ({ candidate, foundation, address, port, type, protocol, relatedAddress, relatedPort });
  const found = {
    open,
    lost,
    order,
    events: events.map(read),
    json: events.map((one) => one.toJSON().candidate),
    lines: pc.localDescription.sdp.split('\r\n').filter((line) => line.startsWith('a=candidate:')).map((line) => line.slice(2)),
    offered: (await pc.createOffer()).sdp.split('\r\n').filter((line) => line.startsWith('a=candidate:')).map((line) => line.slice(2)),
    transport: (pc.sctp?.transport?.iceTransport?.getLocalCandidates?.() ?? []).map(read),
    local: entries.filter(({ type }) => type === 'local-candidate').map(({ address, port, candidateType, foundation, id: key }) => ({ address, port, candidateType, foundation, key })),
    pair: entries.some(({ type, nominated, selected }) => type === 'candidate-pair' && (nominated || selected)),
  };
  pc.close();
  return found;
};

/** Chromium writes some IPv6 addresses in brackets. */
const bare = (address) => address.replace(/[[\]]/g, '');

for (const name of ['allow', 'public', 'relay']) {
  test(`candidates are the same everywhere under ${name}`, async ({ visit, peer, engine }) => {
    test.skip(!network.lab && name === 'relay', 'relayed candidates are gathered in the lab only');
    const page = await visit(name);
    const found = await page.evaluate(call, await peer.client());
    expect(found.open).toBe(true);
    expect(found.pair).toBe(true);
    expect(found.lost).toEqual([]);
    expect(found.events.length).toBeGreaterThan(0);
    // Gathering begins before the first candidate, and ends after the last.
    expect(found.order[0]).toBe('gathering');
    expect(found.order.lastIndexOf('candidate')).toBeLessThan(found.order.indexOf('complete'));
    const core = (line) => line.split(' ').slice(0, 8).join(' ');
    const lines = found.lines.map(core);
    let matched = 0;
    for (const event of found.events) {
      const [foundation, , protocol, , address, port, , type] = event.candidate.replace(/^candidate:/, '').split(' ');
      expect({ foundation, protocol: protocol.toLowerCase(), address: bare(address), port: Number(port), type })
        .toEqual({ foundation: event.foundation, protocol: event.protocol, address: bare(event.address), port: event.port, type: event.type });
      expect(lines, 'in the description').toContain(core(event.candidate));
      const same = found.local.filter((one) => one.port === event.port && one.candidateType === event.type);
      matched += same.length;
      // A name stands for the address in one place and the address in none; TCP candidates share their port.
      // Of two that two servers gave for one address and port, Firefox's statistics keep one.
      const foundations = found.events.filter(({ address: of, port: at }) => of === event.address && at === event.port).map((one) => one.foundation);
      const agrees = (one) => [bare(event.address), ''].includes(bare(one.address ?? '')) && [...foundations, undefined].includes(one.foundation);
      if (same.length > 0) expect(same.some(agrees), `${event.candidate} in the statistics: ${JSON.stringify(same)}, of ${JSON.stringify(found.events)}`).toBe(true);
    }
    expect(matched, 'in the statistics, which forget what came to nothing').toBeGreaterThan(0);
    expect(found.json).toEqual(found.events.map(({ candidate }) => candidate));
    for (const line of found.offered.map(core)) expect(lines).toContain(line);
    if (engine === 'chromium') expect(found.transport.map(({ candidate }) => core(candidate)).sort()).toEqual([...new Set(found.events.map(({ candidate }) => core(candidate)))].sort());
  });
}
