// The private way to the guard, which runs in the extension's isolated world. Both worlds share a detached comment
// that no page can reach; events on it are synchronous across worlds.
import { detachedNode, detail, dispatch, fire, introduce, list, listen, newEvent, relatedTarget, setText, show, slice, textOf } from './vault.js';

const node = detachedNode();
const ASKING = newEvent('ask');
let answer = '';
let alive = false;
let touched = false;
let policy = ''; // '' until the frame's policy is there and, but for `allow`, the guard
let failed = false;
const waiting = list();

listen(node, 'answer', (event) => {
  answer = detail(event);
});

// The bridge says `=relay-only` when policy and guard are there, `=allow` when the policy is, again when the policy changes,
// `=` when it has to ask again, and `!` when there will be no guard.
listen(node, 'policy', (event) => {
  const text = detail(event);
  if (text === '!') failed = true;
  else policy = slice(text, 1);
  if (policy === '' && !failed) return;
  const ready = waiting.length;
  for (let i = 0; i < ready; i += 1) {
    const run = waiting[i];
    waiting[i] = undefined;
    run();
  }
  waiting.length = 0;
});

// The bridge's script runs first in every document, so it answers inside this dispatch, or never:
// nothing that comes later is believed.
introduce(HANDSHAKE, node);
alive = textOf(node) === 'here';
if (!alive) failed = true;

/** First use of WebRTC in this frame: has the bridge bring up the guard and ask for the policy. */
export function touch() {
  if (touched || !alive) return;
  touched = true;
  fire(node, 'start');
}

/** The frame's policy, '' as long as it, or the guard that it needs, is not there. */
export const currentPolicy = () => policy;

/** True when no guard will come. */
export const isLost = () => failed;

/** Calls `run` when the policy is there, or when it is known that no guard will come. */
export function whenSettled(run) {
  if (policy !== '' || failed) run();
  else waiting[waiting.length] = run;
}

/**
 * Asks the guard; '' when there is none, which every caller takes as "hide". The answer takes the question's place,
 * which costs less than an event of its own.
 */
export function ask(operation, connection, payload) {
  if (policy === '') return '';
  const question = `${operation} ${connection}\n${payload}`;
  setText(node, question);
  dispatch(node, ASKING);
  const got = textOf(node);
  return got === question ? '' : got;
}

/**
 * Asks the bridge about shadow trees, of which it opens all; '' when it can't say, or when this document is gone and
 * wouldn't hear of their frames: browsers call no listener then.
 */
export function askOfTrees(question, about) {
  answer = '';
  show(node, question, about);
  return answer;
}

/** Calls `found` with the document of each frame that the bridge finds in them. */
export const onFrame = (found) => listen(node, 'frame', (event) => found(relatedTarget(event)));
