// What a person sees of the leak test.

import { classOf, MEANING, tells } from './addresses.js';

const byId = (id) => document.getElementById(id);

function make(name, content = '', className = '') {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...(Array.isArray(content) ? content : [content]));
  return made;
}

const count = (number, one, many) => `${number} ${number === 1 ? one : many}`;

export function showProgress(text) {
  byId('explanation').textContent = text;
}

/** The one verdict on top, in plain words. */
export function showVerdict(verdict, leaked, { here, peer, error }) {
  const several = leaked.length !== 1;
  const words = {
    leak: [
      `Your browser gives away ${count(leaked.length, 'address', 'addresses')}`,
      `Any page you visit can learn ${several ? 'these' : 'this'} without asking:`,
    ],
    clean: here
      ? ['No address given away', 'Nothing that this page could read, and nothing that its peer saw, tells who you are beyond what every web server sees.']
      : ['No address given away', 'WebRTC is switched off on this page, so there is nothing to read.'],
    partial: [
      'No address given away, as far as this page can tell',
      'There is no companion peer on this server, so some checks could not be made. They are listed below.',
    ],
    broken: ['The test could not finish', `Something went wrong: ${error?.message ?? 'unknown'}.`],
  }[verdict];
  const box = byId('verdict');
  box.dataset.verdict = verdict;
  byId('mark').textContent = { leak: '✕', clean: '✓', partial: '?', broken: '!' }[verdict];
  byId('headline').textContent = words[0];
  byId('explanation').textContent = words[1];
  byId('leaked').replaceChildren(...leaked.map(item));
  if (verdict === 'clean' && peer?.simulated && here) {
    byId('explanation').append(` The peer simulated a public address (${peer.simulated}) to look for.`);
  }
  document.title = `${words[0]} · Iceveil leak test`;
}

function item({ address, known }) {
  const why = { server: 'a server’s address', relay: 'a relay’s address, not yours', site: 'what every web server sees of you' }[known];
  return make('li', [make('code', address), ` ${why ?? MEANING[classOf(address)]}`], known || !tells(address) ? 'harmless' : 'telling');
}

const telling = ({ addresses }) => addresses.filter((one) => !one.known && tells(one.address));

/** The surfaces of this page, and the other realms. */
export function show({ surfaces: readings }, surfaces, realms) {
  const top = new Map(readings.filter(({ realm }) => realm === 'top').map((one) => [one.id, one]));
  byId('surfaces').replaceChildren(
    ...surfaces.map(({ id, title }) => {
      const reading = top.get(id);
      return row(title, reading ? cell(reading) : make('td', 'not read'), id);
    }),
  );

  const grouped = realms
    .map((realm) => ({ realm, list: readings.filter((one) => one.realm === realm.id) }))
    .filter(({ list }) => list.length);
  const made = grouped.filter(({ list }) => list.some(({ id }) => id !== '-'));
  const open = made.filter(({ list }) => list.some((one) => telling(one).length));
  byId('realms-summary').textContent = grouped.length
    ? `${open.length} of ${count(made.length, 'kind', 'kinds')} of window gave away an address. ${
        grouped.length - made.length
      } could not be made in this browser or on this page.`
    : 'Not looked into.';
  byId('realms').replaceChildren(
    ...grouped.map(({ realm, list }) => {
      const addresses = new Map(list.flatMap((one) => one.addresses).map((one) => [one.address, one]));
      const error = list.every((one) => one.error) ? list[0].error : undefined;
      const note = realm.limit ? `${realm.title} (a race)` : realm.title;
      return row(note, cell({ addresses: [...addresses.values()], error }), realm.id);
    }),
  );
}

function row(title, content, id) {
  const head = make('th', title);
  head.scope = 'row';
  const made = make('tr', [head, content]);
  made.dataset.id = id;
  return made;
}

function cell(reading) {
  const leaks = telling(reading);
  if (leaks.length) {
    const list = leaks.flatMap(({ address }) => [' ', make('code', address)]);
    return make('td', [make('strong', '✕ gave away'), ...list], 'bad');
  }
  const names = reading.addresses.some((one) => one.class === 'local-name');
  const note = names ? ' (random names only)' : '';
  if (reading.error && !reading.addresses.length) return make('td', `– ${reading.error}`, 'harmless');
  return make('td', `✓ nothing${note}`, 'good');
}

const HOW = {
  'http': 'loading this page',
  'stun-binding': 'a question to its STUN server',
  'stun-check': 'a connectivity check',
  'sdp-candidate': 'a candidate in a description sent by the page',
  'sdp-connection': 'the default address in a description sent by the page',
  'trickle-candidate': 'a candidate sent by the page',
  'turn-allocate': 'a request for a relay: the relay a page chooses sees who asks',
  'turn-peer': 'a request to the relay to reach someone',
  'data-channel': 'the open data channel',
};

/** The peer's own account. */
export function showObservations({ observations, simulated }, peer, known) {
  byId('no-peer').hidden = Boolean(peer);
  byId('peer-table').hidden = !peer;
  if (!peer) return;
  byId('peer-summary').textContent = simulated
    ? `The peer on this server answers with a simulated public address, ${simulated}, because one machine has no router between.`
    : 'What the machine at the other end of the wire saw, whatever this page could read.';
  const grouped = new Map();
  for (const { address, how, transport } of observations) {
    const key = `${address} ${how} ${transport ?? ''}`;
    const one = grouped.get(key) ?? { address, how, transport, times: 0 };
    one.times += 1;
    grouped.set(key, one);
  }
  byId('observations').replaceChildren(
    ...[...grouped.values()].map(({ address, how, transport, times }) => {
      const shown = { address, known: known.get(address) };
      const head = make('th', make('code', address));
      head.scope = 'row';
      const what = `${HOW[how] ?? how}${transport ? `, ${transport}` : ''}, ${count(times, 'time', 'times')}`;
      const harmless = shown.known || !tells(address) || how === 'turn-allocate';
      return make('tr', [head, make('td', what), make('td', harmless ? '✓ no' : '✕ yes', harmless ? 'good' : 'bad')]);
    }),
  );
}
