// The libraries that sites are built on, as they come from npm, calling each other through a policy.

import { expect, network, policyChosen, test } from '../calls/stage.js';
import { BOTH, LIBRARIES, version } from './libraries.js';

const POLICIES = ['none', 'allow', 'public-only', 'relay-only'].filter(policyChosen);

for (const [name, { call, lab }] of Object.entries(LIBRARIES)) {
  for (const policy of POLICIES) {
    test(`${name} ${version(name)} under ${policy}`, async ({ hold, engine }, info) => {
      test.skip(lab === true && !network.lab, 'its server takes no loopback addresses: only in the lab');
      const stage = await hold({ policy });
      const note = { browser: engine, kind: `${name} ${version(name)}`, policy, network: 'open', connected: false };
      try {
        const heard = await call(stage);
        note.connected = heard.join() === BOTH.join();
        expect(heard).toEqual(BOTH);
      } finally {
        await info.attach('call', { body: JSON.stringify(note), contentType: 'application/json' });
      }
    });
  }
}
