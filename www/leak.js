// The leak test: reads every surface here, then in every realm that a page can find, hears what the
// peer saw, and says in plain words what was given away.

import { addressesIn, classOf, relaysIn, tells } from './addresses.js';
import { capture } from './lens.js';
import { findPeer } from './peer.js';
import { gatherOnce, probe, revisit } from './probe.js';
import { realms } from './realms.js';
import { surfaces } from './surfaces.js';
import { show, showObservations, showProgress, showVerdict } from './view.js';

const AT_ONCE = 8;
const parameters = new URLSearchParams(location.search);
const shared = surfaces.filter((row) => !row.live && !row.alone && !row.pair);
const everywhere = surfaces.filter((row) => !row.alone && !row.pair);
const few = surfaces.filter((row) => row.light);

/** Addresses that this page knows without any leak: of servers, relays and the other end. */
const known = new Map();
const learn = (address, why) => known.has(address) || known.set(address, why);

function entry(realm, use, { id, texts, error }) {
  const text = [...new Set(texts)].join('\n');
  relaysIn(text).forEach((address) => learn(address, 'relay'));
  return { id, realm, use, found: addressesIn(text), ...(error && { error }) };
}

/** Reads one realm: by its own connection, and by its accessors on a connection of this page. */
async function readRealm(realm, here, options) {
  let lens;
  try {
    lens = await realm.open();
  } catch (error) {
    return [{ id: '-', realm: realm.id, use: 'own', found: [], error: `not made: ${error?.message}` }];
  }
  if (lens.ask) {
    const reading = await lens.ask(options.iceServers).catch((error) => ({ texts: [], error: String(error) }));
    lens.close();
    return [entry(realm.id, 'inside', { id: 'inside', ...reading })];
  }
  const { iceServers, common } = options;
  const own = probe(lens, { iceServers, rows: realm.light ? few : everywhere });
  const crossed = realm.light
    ? common ? revisit(lens, { rows: shared, context: common }) : []
    : probe(lens, { iceServers, rows: everywhere, maker: here });
  const readings = [
    (await own).map((one) => entry(realm.id, 'own', one)),
    (await crossed).map((one) => entry(realm.id, 'crossed', one)),
  ];
  lens.close();
  return readings.flat();
}

/** Runs jobs, a few at once, in order. */
async function inTurn(jobs, done) {
  const results = [];
  let next = 0;
  const worker = async () => {
    while (next < jobs.length) {
      const index = next;
      next += 1;
      results[index] = await jobs[index]();
      done(index);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}

const hostsOf = (iceServers) =>
  iceServers
    .flatMap(({ urls }) => urls)
    .flatMap((url) => addressesIn(url.replace(/^\w+:/, '').replace(/:\d+(\?|$)/, ' ')));

/** A TURN server that refuses us, so that there is an error to read. */
function refusing(iceServers) {
  const turn = iceServers.flatMap(({ urls }) => urls).find((url) => url.startsWith('turn'));
  return turn ? [{ urls: [turn], username: 'nobody', credential: 'nothing' }] : [];
}

/** One STUN and one TURN server: enough for the many connections of the other realms. */
function lean(iceServers) {
  const urlsOf = ({ urls }) => [urls].flat();
  const stun = iceServers.find((server) => urlsOf(server).some((url) => url.startsWith('stun')));
  const turn = iceServers.find((server) => urlsOf(server).some((url) => url.startsWith('turn')));
  return [stun, turn].filter(Boolean).map((server) => ({ ...server, urls: [urlsOf(server)[0]] }));
}

function wanted() {
  const chosen = parameters.get('realms');
  if (chosen === 'none') return [];
  const ids = chosen && chosen !== 'all' ? chosen.split(',') : null;
  return realms.filter(({ id, needs }) => (ids ? ids.includes(id) : chosen === 'all' || needs !== 'gesture'));
}

async function microphone() {
  if (!parameters.has('gum')) return null;
  return navigator.mediaDevices?.getUserMedia({ audio: true }).catch(() => null) ?? null;
}

async function main() {
  const here = typeof RTCPeerConnection === 'function' ? capture(window) : null;
  const peer = await findPeer(parameters.get('client'));
  const stream = await microphone();
  const iceServers = peer?.iceServers ?? [];
  hostsOf(iceServers).forEach((address) => learn(address, 'server'));
  addressesIn(location.hostname).forEach((address) => learn(address, 'server'));

  const readings = [];
  if (here) {
    showProgress('Reading this page’s own connections…');
    const offer = peer && ((sdp) => peer.offer(sdp));
    const top = await probe(here, {
      rows: surfaces, iceServers: [...iceServers, ...refusing(iceServers)], peer: offer, stream,
    });
    readings.push(...top.map((one) => entry('top', 'own', one)));
    const list = wanted();
    let done = 0;
    const common = list.some(({ light }) => light) ? await gatherOnce(here, lean(iceServers)).catch(() => null) : null;
    const jobs = list.map((realm) => () => readRealm(realm, here, { common, iceServers: lean(iceServers) }));
    const found = await inTurn(jobs, () => showProgress(`Looking into other windows: ${(done += 1)} of ${list.length}…`));
    readings.push(...found.flat());
    common?.pc.close();
  }
  peer?.answers.flatMap(addressesIn).forEach((address) => learn(address, 'server'));
  const observations = peer ? await peer.observations() : [];
  for (const { how, address } of observations) if (how === 'http') learn(address, 'site');
  stream?.getTracks().forEach((track) => track.stop());
  finish({ peer, here, readings, observations });
}

function finish({ peer, here, readings, observations }) {
  const described = (address) => ({
    address,
    class: classOf(address),
    ...(known.has(address) && { known: known.get(address) }),
  });
  const rows = readings.map(({ found, ...row }) => ({ ...row, addresses: found.map(described) }));
  const leaked = new Map();
  for (const { addresses } of rows) {
    for (const one of addresses) if (!one.known && tells(one.address)) leaked.set(one.address, one);
  }
  const sent = observations.filter(({ address, how }) =>
    !known.has(address) && tells(address) && how !== 'turn-allocate');
  for (const { address } of sent) leaked.set(address, described(address));

  const verdict = leaked.size ? 'leak' : peer || !here ? 'clean' : 'partial';
  const looked = wanted().map(({ id, limit = false }) => ({ id, limit }));
  const report = { verdict, simulated: peer?.simulated ?? null, surfaces: rows, realms: looked, observations };
  showVerdict(verdict, [...leaked.values()], { here, peer });
  show(report, surfaces, realms);
  showObservations(report, peer, known);
  document.getElementById('json').textContent = JSON.stringify(report, null, 1);
  const stored = peer && parameters.has('report') ? peer.report(report) : null;
  Promise.allSettled([stored, peer?.hangUp()]).then(() => {
    document.documentElement.dataset.state = 'done';
  });
}

main().catch((error) => {
  showVerdict('broken', [], { error });
  document.documentElement.dataset.state = 'broken';
});
