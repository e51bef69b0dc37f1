// The table: every surface in every realm under every policy, by the leak test's own pages.

import { cells, expect, network, report, SETTINGS, test } from '../fixtures.js';

const SILENT = new Set(['unspecified', 'loopback', 'local-name']);
const local = (address) => network.local.includes(address);
// Without a NAT before it, what a STUN server says of an IPv6 address is that address: public, and shown as such.
const inside = (address) => local(address) && !/^2001:db8:/.test(address);
const mayBeSeen = new Set([...network.outside, ...network.known]);

/** What would be a leak under each policy. */
const LEAK = {
  'relay-only': ({ address, class: kind, known }) =>
    kind === 'local-name' || local(address) || network.outside.includes(address) || (!known && !SILENT.has(kind)),
  'public-only': ({ address, class: kind, known }) =>
    inside(address) || (!known && !SILENT.has(kind) && !mayBeSeen.has(address) && !local(address)),
  'block': () => true,
};

/** Lines that belong to realms whose race no extension can close: reported, not failed. */
function split(lines, { realms }) {
  const limits = new Set(realms.filter(({ limit }) => limit).map(({ id }) => `${id}/`));
  const isLimit = (line) => [...limits].some((id) => line.startsWith(id));
  return { leaks: lines.filter((line) => !isLimit(line)), limits: lines.filter(isLimit) };
}

// Every realm under the default policy; where that is settled, one of each sort does for the others.
const SOME = ['no-src', 'about-blank-hash', 'page-early', 'page-loaded', 'srcdoc-loaded', 'nested-pending', 'stopped', 'data-inside',
  'popup-page', 'by-index', 'in-inner-html', 'in-shadow-closed', 'while-load'].join();

const runs = [
  { policy: 'relay-only', host: 'mic.relay', path: '/strict/?gum&realms=all', microphone: true },
  { policy: 'relay-only', host: 'relay', path: `/?realms=${SOME}`, microphone: false },
  { policy: 'public-only', host: 'mic.public', path: `/?gum&realms=${SOME}`, microphone: true },
  { policy: 'public-only', host: 'public', path: '/strict/?realms=none', microphone: false },
  { policy: 'block', host: 'mic.block', path: `/?gum&realms=${SOME}`, microphone: true },
  // Firefox hides host candidates then, and still has their addresses in its statistics.
  { policy: 'relay-only', host: 'relay', path: '/?realms=none', microphone: false, protection: 'standard' },
  { policy: 'public-only', host: 'public', path: '/?realms=none', microphone: false, protection: 'standard' },
];

for (const { policy, host, path, microphone, protection } of runs) {
  const strict = path.startsWith('/strict') ? 'strict CSP' : 'no CSP';
  const floor = protection ? `, browser protection ${protection}` : '';
  test(`no cell leaks under ${policy}, ${strict}, microphone ${microphone ? 'granted' : 'not granted'}${floor}`, async ({
    engine, running, peer,
  }) => {
    if (path.includes('realms=all')) test.setTimeout(480_000); // a minute where nothing else is running
    const browser = await running({
      extension: true,
      ...(engine === 'firefox' && { microphone }),
      ...(protection && { settings: { ...SETTINGS, browserProtection: protection } }),
    });
    const found = await report(browser, peer.origin(host) + path, 470_000);
    expect(found.surfaces.length).toBeGreaterThan(0);
    const { leaks, limits } = split(cells(found, LEAK[policy]), found);
    for (const description of limits) test.info().annotations.push({ type: 'expected limit', description });
    expect(leaks).toEqual([]);
    // What a race let through was also sent: the wire is judged where no race was run.
    if (policy !== 'public-only' && limits.length === 0) {
      const heard = found.observations.filter(({ how }) => how.startsWith('stun') || /candidate|connection/.test(how));
      const told = heard.filter(({ address, how }) => how === 'stun-binding' || local(address) || network.outside.includes(address));
      expect(told.map(({ how, address }) => `${how} from ${address}`)).toEqual([]);
    }
  });
}

// Rows that carry nothing in a browser which lacks what they read, or carry it only in the other one.
const EMPTY = {
  chromium: ['stats-receiver', 'stats-selector', 'candidate-error', 'current-local-description'],
  firefox: ['offer', 'old-name', 'sctp-transport', 'sender-transport', 'receiver-transport', 'transport-events',
    'after-close', 'candidate-error', 'current-local-description', 'stats-selector', 'stats-receiver'],
};

test('the same cells leak without the extension', async ({ engine, plain, peer }) => {
  const found = await report(plain, `${peer.origin('mic.relay')}/?gum&realms=all`);
  const leaks = cells(found, LEAK['relay-only']);
  const ids = [...new Set(found.surfaces.filter(({ realm }) => realm === 'top').map(({ id }) => id))];
  const safe = ids.filter((id) => !leaks.some((line) => line.startsWith(`top/own ${id}:`)));
  expect(safe.filter((id) => !EMPTY[engine].includes(id))).toEqual([]);
  const open = (use) => new Set(leaks.filter((line) => line.includes(`/${use} `)).map((line) => line.split('/')[0]));
  const either = new Set([...open('own'), ...open('crossed'), ...open('inside')]);
  const closed = found.realms.map(({ id }) => id).filter((id) => !either.has(id));
  test.info().annotations.push({ type: 'realms that give nothing unprotected', description: closed.join(' ') });
  expect(closed.length).toBeLessThan(found.realms.length / 10);
  expect(found.observations.some(({ how }) => how === 'stun-binding')).toBe(true);
});

test('under allow every surface gives what it gives without the extension', async ({ guarded, plain, peer }) => {
  const path = '/?gum&realms=none';
  const [with_, without] = [
    await report(guarded, peer.origin('mic.allow') + path),
    await report(plain, peer.origin('mic.allow') + path),
  ];
  // Which row catches which candidate differs from run to run; what a page learns in all, and that the
  // rows which every page reads give it, doesn't.
  const secrets = [...network.local, ...network.outside];
  const given = (found, row = () => true) =>
    secrets.filter((secret) => found.surfaces.some((one) => row(one) && one.addresses.some(({ address }) => address === secret)));
  expect(given(with_)).toEqual(given(without));
  for (const id of ['candidate-listener', 'candidate-handler', 'local-description', 'offer', 'stats']) {
    const row = (one) => one.id === id;
    expect(given(with_, row).length > 0, id).toBe(given(without, row).length > 0);
  }
});
