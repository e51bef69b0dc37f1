// Runs one connection through its life and lets every surface read it on the way.

import { call, construct, everything, listen, read } from './lens.js';

const CONNECTION = 'RTCPeerConnection';
const GATHER_MS = 2500;
const CONNECT_MS = 2500;
const LIFE_MS = 3500; // and as much again where a peer is to be reached

export const pause = (milliseconds, value) =>
  new Promise((resolve) => setTimeout(resolve, milliseconds, value));

/**
 * Reads all `rows` from one connection. `lens` reads it, `maker` (the lens itself if absent) makes it.
 * `peer` takes an offer's SDP and resolves to the answer's; without it nothing is connected.
 * Resolves to one `{id, texts, error}` for each row.
 */
export async function probe(lens, { rows, maker = lens, iceServers = [], peer = null, stream = null }) {
  const config = { iceServers };
  let pc;
  try {
    pc = construct(maker, CONNECTION, config);
  } catch (error) {
    const refused = `not possible here: ${error?.name}: ${error?.message}`;
    return rows.map(({ id }) => ({ id, texts: [], error: refused }));
  }
  const stages = {};
  const context = { pc, soon: () => pause(300), track: stream?.getAudioTracks()[0] ?? null };
  for (const stage of ['described', 'gathered', 'connected', 'closed']) {
    context[stage] = new Promise((resolve) => (stages[stage] = resolve));
  }
  const pair = once(() => bothEnds(maker, config));
  context.other = async () => (await pair()).b;
  context.undecided = once(async () => {
    const { a, b } = await pair();
    await a.setLocalDescription(await a.createOffer());
    await b.setRemoteDescription(a.localDescription);
    return b;
  });
  context.fresh = (reader, make, options) => fresh(reader, make, config, options);

  context.patience = (peer ? 2 * LIFE_MS : LIFE_MS) + 1000;
  const results = rows.map((row) => settle(row, lens, context));
  const most = peer ? 2 * LIFE_MS : LIFE_MS;
  const stuck = pause(most, new Error('the connection did not come to life'));
  const life = live(pc, stages, { peer, stream, maker }).catch((error) => error);
  const trouble = await Promise.race([life, stuck]);
  for (const stage of ['described', 'gathered', 'connected']) stages[stage]();
  await Promise.all(results.filter((_, index) => rows[index].id !== 'after-close'));
  call(maker, CONNECTION, pc, 'close');
  stages.closed();
  const readings = await Promise.all(results);
  pair.made?.then(({ a, b }) => [a, b].forEach((one) => one.close()), () => {});
  return trouble ? readings.map((one) => ({ error: String(trouble), ...one })) : readings;
}

/** One gathered connection of a realm, with its events kept, for `revisit`. */
export async function gatherOnce(lens, iceServers) {
  const pc = construct(lens, CONNECTION, { iceServers });
  const events = [];
  listen(lens, pc, 'icecandidate', (event) => events.push(event));
  await live(pc, { described() {}, gathered() {} }, { maker: lens });
  const now = Promise.resolve();
  return { pc, events, track: null, described: now, gathered: now, connected: now };
}

/** Reads what is already there by the accessors of another realm. */
export const revisit = (lens, { rows, context }) =>
  Promise.all(rows.map((row) => settle(row, lens, context)));

async function settle(row, lens, context) {
  const { id } = row;
  try {
    const reading = row.read(lens, context);
    const late = pause(context.patience ?? LIFE_MS).then(() => Promise.reject(new Error('took too long')));
    return { id, texts: await Promise.race([reading, late]) };
  } catch (error) {
    // What an exception says is something a page can read, too.
    return { id, texts: [String(error?.message)], error: `${error?.name}: ${error?.message}` };
  }
}

function once(make) {
  const get = () => (get.made ??= make());
  return get;
}

/** Offer, gathering, answer, connection. */
async function live(pc, stages, { peer, stream, maker }) {
  const gathered = complete(maker, pc);
  call(maker, CONNECTION, pc, 'createDataChannel', 'iceveil');
  if (stream) for (const track of stream.getTracks()) pc.addTrack(track, stream);
  else pc.addTransceiver('audio');
  await pc.setLocalDescription(await pc.createOffer());
  stages.described();
  await gathered;
  stages.gathered();
  if (!peer) return;
  const answer = await peer(pc.localDescription.sdp);
  await pc.setRemoteDescription({ type: 'answer', sdp: answer });
  await connected(maker, pc);
  await pause(50); // the nominated pair and its statistics follow the state
}

function until(maker, pc, type, done, most) {
  return Promise.race([
    pause(most),
    new Promise((resolve) => {
      const look = () => done() && resolve();
      listen(maker, pc, type, look);
      look();
    }),
  ]);
}

const complete = (maker, pc) =>
  until(maker, pc, 'icegatheringstatechange', () => pc.iceGatheringState === 'complete', GATHER_MS);

const connected = (maker, pc) =>
  until(maker, pc, 'connectionstatechange', () => pc.connectionState === 'connected', CONNECT_MS);

/** Two connections of one page, joined to each other by trickled candidates. */
async function bothEnds(maker, config) {
  const a = construct(maker, CONNECTION, config);
  const b = construct(maker, CONNECTION, config);
  const pass = (from, to) =>
    listen(maker, from, 'icecandidate', ({ candidate }) => {
      to.addIceCandidate(candidate).catch(() => {}); // arrives before the description, or is unusable
    });
  a.createDataChannel('iceveil');
  a.addTransceiver('audio');
  const ready = [complete(maker, a), complete(maker, b)];
  await a.setLocalDescription(await a.createOffer());
  pass(a, b);
  pass(b, a);
  await ready[0];
  await b.setRemoteDescription(a.localDescription);
  await b.setLocalDescription(await b.createAnswer());
  await a.setRemoteDescription(b.localDescription);
  await Promise.race([ready[1], pause(1500)]);
  await Promise.race([connected(maker, b), pause(1500)]);
  return { a, b };
}

/** A connection made in an unusual way, gathered, and read in the plain ones. */
async function fresh(lens, make, config, { implicit, restart, many }) {
  const out = [];
  const pc = make(lens, config);
  if (!pc) return out;
  listen(lens, pc, 'icecandidate', (event) => {
    out.push(...everything(lens, 'RTCPeerConnectionIceEvent', event));
    out.push(...everything(lens, 'RTCIceCandidate', event.candidate));
  });
  pc.createDataChannel('iceveil');
  for (const kind of many ? ['audio', 'video', 'audio'] : ['audio']) pc.addTransceiver(kind);
  const gather = async (...description) => {
    await call(lens, CONNECTION, pc, 'setLocalDescription', ...description);
    await complete(lens, pc);
    out.push(read(lens, CONNECTION, pc, 'localDescription')?.sdp ?? '', pc.localDescription.sdp);
  };
  await gather(...(implicit ? [] : [await pc.createOffer()]));
  if (restart) {
    pc.restartIce();
    const offer = await pc.createOffer({ iceRestart: true });
    await gather(offer);
    await pause(200);
    out.push(pc.localDescription.sdp);
  }
  (await pc.getStats()).forEach((entry) => out.push(JSON.stringify(entry)));
  pc.close();
  return out;
}
