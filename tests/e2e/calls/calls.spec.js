// The matrix: kind of call × policy × network, in the project's browser. Every one of them works.

import { KINDS } from './kinds.js';
import { expect, lab, learned, network, test } from './stage.js';

const { ICEVEIL_FULL: full, ICEVEIL_CALLS_KIND: kind, ICEVEIL_CALLS_POLICY: policy } = process.env;
const wanted = (all, one) => all.filter((name) => !one || one.split(',').includes(name));

/** The networks, and which of the servers a page is given there. */
const NETWORKS = {
  open: { every: true },
  'udp-dropped': { lab: true, only: ['peer-data', 'data', 'media'], before: () => lab('firewall', 'on'), after: () => lab('firewall', 'off') },
};

const cases = [];
for (const [place, net] of Object.entries(NETWORKS)) {
  for (const name of wanted(Object.keys(KINDS), kind)) {
    for (const rule of wanted(['none', 'allow', 'public-only', 'relay-only'], policy)) {
      const { lab: needs, quick } = KINDS[name];
      if ((needs || net.lab) && !network.lab) continue;
      if (net.only && !net.only.includes(name)) continue;
      // The part that fits into every test: the strict policy with the quick kinds.
      if (!full && !(rule === 'relay-only' && quick && net.every)) continue;
      cases.push({ place, net, name, rule });
    }
  }
}

for (const { place, net, name, rule } of cases) {
  test(`${name} under ${rule}, ${place}`, async ({ hold, peer, engine }, info) => {
    const stage = await hold({ policy: rule });
    const note = Object.assign(stage.note, { browser: engine, kind: name, policy: rule, network: place, connected: false });
    const begin = performance.now();
    await net.before?.();
    try {
      await KINDS[name].run(stage);
      note.connected = true;
      note.ms = Math.round(performance.now() - begin);
      note.pairs = await Promise.all(stage.sides.map((side) => side.act('pair')));
      note.wire = await learned(peer, stage.client);
    } finally {
      await net.after?.();
      await info.attach('call', { body: JSON.stringify(note), contentType: 'application/json' });
    }
    for (const [n, side] of stage.sides.entries()) {
      expect.soft(note.pairs[n], 'a pair was chosen').not.toBeNull();
      if (side.policy === 'relay-only') expect.soft(note.pairs[n]?.local, 'the protected side uses its relay').toBe('relay');
    }
    if (rule === 'relay-only' && !stage.sides.some((side) => side.policy !== rule)) {
      expect.soft(note.wire.filter((one) => !one.endsWith(' relay')), 'the wire learned of relays only').toEqual([]);
    }
  });
}
