// The matrix: kind of call × policy × network, in the project's browser. Every one of them works.

import { KINDS } from './kinds.js';
import { expect, kindChosen, lab, learned, network, policyChosen, test } from './stage.js';

const full = Boolean(process.env.ICEVEIL_FULL);
const CALLS = ['none', 'allow', 'public-only', 'relay-only'];

/** The networks, and which of the servers a page is given there. */
const NETWORKS = {
  open: { every: true },
  'udp-dropped': { lab: true, only: ['peer-data', 'data', 'media'], before: () => lab('firewall', 'on'), after: () => lab('firewall', 'off') },
};

const cases = [];
for (const [place, net] of Object.entries(NETWORKS)) {
  for (const name of Object.keys(KINDS).filter(kindChosen)) {
    const { lab: needs, quick, policies = CALLS } = KINDS[name];
    for (const rule of policies.filter(policyChosen)) {
      if ((needs || net.lab) && !network.lab) continue;
      if (net.only && !net.only.includes(name)) continue;
      // The part that fits into every test: the strict policies with the quick kinds.
      if (!full && !(['relay-only', 'block'].includes(rule) && quick && net.every)) continue;
      cases.push({ place, net, name, rule });
    }
  }
}

for (const { place, net, name, rule } of cases) {
  test(`${name} under ${rule}, ${place}`, async ({ hold, peer, engine }, info) => {
    const stage = await hold({ policy: rule });
    const note = Object.assign(stage.note, { browser: engine, kind: name, policy: rule, network: place, connected: false });
    await net.before?.();
    try {
      await KINDS[name].run(stage);
      note.connected = !note.refused;
      note.ms = Math.max(0, ...await Promise.all(stage.sides.map((side) => side.act('took'))));
      note.pairs = await Promise.all(stage.sides.map((side) => side.act('pair')));
      note.wire = await learned(peer, stage.client);
    } finally {
      await net.after?.();
      await info.attach('call', { body: JSON.stringify(note), contentType: 'application/json' });
    }
    for (const [n, side] of stage.sides.entries()) {
      if (side.policy === 'relay-only') expect.soft(note.pairs[n].local, 'the protected side uses its relay').toBe('relay');
    }
    if (rule === 'relay-only' && !stage.sides.some((side) => side.policy !== rule)) {
      expect.soft(note.wire.filter((one) => !one.endsWith(' relay')), 'the wire learned of relays only').toEqual([]);
    }
  });
}
