// Runs the cases, one after the other, and says what was observed.
import { closeAll, pause, say } from './lib.js';
import { calls } from './calls.js';
import { candidates } from './candidates.js';
import { channels } from './channels.js';
import { creation } from './creation.js';
import { events } from './events.js';
import { idl } from './idl.js';
import { media } from './media.js';
import { negotiation } from './negotiation.js';
import { objects } from './objects.js';
import { realm } from './realm.js';
import { statistics } from './statistics.js';
import { traces } from './traces.js';

const groups = { idl, creation, negotiation, candidates, events, channels, media, statistics, realm, objects, traces, calls };
const CASE_MS = 6000;

/** Runs one group; the test goes through all of them. */
globalThis.observe = async (group) => {
  const observed = {};
  for (const [name, work] of Object.entries(groups[group])) {
    const key = `${group}: ${name}`;
    try {
      const value = await Promise.race([work(), pause(CASE_MS, 'took too long')]);
      observed[key] = typeof value === 'string' ? value : say(value, 4);
    } catch (thrown) {
      observed[key] = `the case failed: ${say(thrown)}`;
    }
    closeAll();
  }
  return observed;
};

// The policy of the document first: what is made before it is known waits, which isn't what is compared.
try {
  new RTCPeerConnection().close();
} catch {
  // Refused, under block.
}
globalThis.groups = pause(800, Object.keys(groups));
