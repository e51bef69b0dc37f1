// RTCSessionDescription: what the page reads of the browser's descriptions.
import { ask } from './channel.js';
import { guardAccessor, guardMaking, guardMethod } from './disguise.js';
import { apply, attempt, getterOf, prototypeHere, prototypeIn, put, slice, weakMap, weakSet } from './vault.js';

const owners = weakMap(); // RTCSessionDescription of the browser's -> its connection's state
const plain = weakSet(); // descriptions whose text the page itself supplied

const sdpOf = getterOf(prototypeHere('RTCSessionDescription'), 'sdp');

/** The text of a description as this connection's page may read it. */
export function filtered(sdp, state) {
  if (typeof sdp !== 'string' || sdp === '' || state?.allow === true) return sdp;
  const answer = ask('d', state === undefined ? 0 : state.id, sdp);
  if (answer === '=') return sdp;
  return answer[0] === '~' ? slice(answer, 1) : '';
}

/** Filters a description that came out of the connection: an object of the browser's or a plain one. */
export function adoptDescription(description, state) {
  if (description === null || description === undefined) return description;
  if (attempt(sdpOf, description) !== undefined) owners.set(description, { __proto__: null, state });
  else put(description, 'sdp', filtered(description.sdp, state));
  return description;
}

/** Marks a description that carries what the page itself supplied. */
export function acceptDescription(description) {
  if (description !== null && description !== undefined) plain.add(description);
  return description;
}

function readable(description, sdp) {
  if (plain.has(description)) return sdp;
  let owner = owners.get(description);
  if (owner === undefined) {
    // From an unguarded realm's accessor: this frame's policy decides.
    owner = { __proto__: null, state: undefined };
    owners.set(description, owner);
  }
  if (owner.from !== sdp) {
    owner.to = filtered(sdp, owner.state);
    owner.from = sdp;
  }
  return owner.to;
}

/** Guards descriptions in one realm. */
export function guardDescriptions(win) {
  guardMaking(win, 'RTCSessionDescription', acceptDescription);
  const prototype = prototypeIn(win, 'RTCSessionDescription');
  if (prototype === undefined) return;
  guardAccessor(
    prototype,
    'sdp',
    (native, self, args) => readable(self, apply(native, self, args)),
    (native, self, args) => {
      const result = apply(native, self, args);
      plain.add(self);
      return result;
    },
  );
  guardMethod(prototype, 'toJSON', (native, self, args) => {
    const value = apply(native, self, args);
    return put(value, 'sdp', readable(self, apply(sdpOf, self, []))) && value;
  });
}
