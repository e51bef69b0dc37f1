// Isolated world, document_start, every frame: holds the guard and the only way to the background.
import { ask, drain, policy as setPolicy } from './guard.js';
import { bringUp } from './instance.js';
import { holdsFrames, look, seeTree, watch, written } from './trees.js';

const api = globalThis.browser ?? globalThis.chrome;

const POLICY_WAIT = 2000; // ms until a policy that doesn't come counts as relay-only
const GUARD_WAIT = 5000; // ms until a guard that doesn't come fails the connections that wait
const IDLE_WAIT = 100; // ms until the guard is brought up by a page that is never idle
const FIRST_REPORT = 150; // ms from an attempt to its report; later reports come further apart
const LATER_REPORT = 1000;
const MOST_KEPT = 1 << 20; // characters of questions that wait for the guard

let node; // the detached node shared with the hooks
let raised = false;
let guardIsUp = false;
let guardIsLate = false;
const kept = []; // what was asked under Allow before the guard was up
let keptLength = 0;
let policy; // undefined until known
let host = '';
let reportTimer;
let reportDelay = FIRST_REPORT;

const deep = (left, _a, _b, _c, _d, _e, _f, _g, _h, _i, _j, _k, _l, _m, _n, _o, _p, _q, _r, _s, _t, _u, _v, _w, _x) =>
  left <= 0 ? 0 : 1 + deep(left - 4); // see hooks/vault.js
/** Throws where a page has used up the stack: a guard that is cut off in its midst would stay broken. */
const reserve = () => void deep(1000);

const say = (name, text) => node.dispatchEvent(new CustomEvent(name, { detail: text }));

/** Says what holds. Where all is allowed there is nothing to hide, and connections don't wait for the guard, which counts. */
function announce() {
  if (policy === undefined) return;
  if (policy !== 'allow') raise();
  if (guardIsUp) setPolicy(policy, host);
  if (guardIsUp || policy === 'allow') say('policy', `=${policy}`);
  else say('policy', guardIsLate ? '!' : '=');
}

/** The answer under Allow as long as the guard isn't up, which is asked later. */
function answerEarly(question) {
  if (policy !== 'allow') return '';
  keptLength += question.length;
  if (keptLength < MOST_KEPT) kept.push(question);
  return question[0] === 'o' ? '=allow' : '=';
}

function countKept() {
  setPolicy('allow', host);
  for (const question of kept.splice(0)) ask(question);
  reportTimer ??= setTimeout(report, reportDelay);
}

/** Sends a message, and takes an extension that was updated or removed under this page for silence. */
async function send(message) {
  try {
    return await api.runtime.sendMessage(message);
  } catch {
    return undefined;
  }
}

async function learnPolicy() {
  const reply = await send({
    type: 'policy',
    origin: self.origin,
    ancestors: [...(location.ancestorOrigins ?? [])],
  });
  if (typeof reply?.policy === 'string') {
    policy = reply.policy;
    host = typeof reply.host === 'string' ? reply.host : '';
    announce();
  }
}

function seekPolicy() {
  void learnPolicy();
  setTimeout(() => {
    if (policy !== undefined) return;
    policy = 'relay-only';
    announce();
  }, POLICY_WAIT);
}

/** Brings the guard up: when the page has nothing to do, for the call that this comes of needn't wait for it. */
function raise() {
  if (raised) return;
  raised = true;
  void bringUp(() => {
    guardIsUp = true;
    if (kept.length > 0) countKept();
    announce();
  }, () => send({ type: 'twin' }));
}

function start() {
  addEventListener('pagehide', report, true);
  // A document that rested in the back/forward cache heard nothing meanwhile.
  addEventListener('pageshow', ({ persisted, isTrusted }) => {
    if (!persisted || !isTrusted) return;
    policy = undefined;
    say('policy', '=');
    seekPolicy();
  }, true);
  seekPolicy();
  requestIdleCallback(raise, { timeout: IDLE_WAIT });
  setTimeout(() => {
    guardIsLate = true;
    if (!guardIsUp) announce();
  }, GUARD_WAIT);
  api.storage.onChanged.addListener((changes) => {
    if ('settings' in changes || 'grants' in changes) void learnPolicy();
  });
}

function report() {
  reportTimer = undefined;
  if (!guardIsUp) return; // a page that goes before anything could be counted
  const lines = drain();
  if (lines === '') return;
  reportDelay = LATER_REPORT;
  void send({ type: 'attempts', lines, host });
}

const give = (inside) => void node.dispatchEvent(new MouseEvent('frame', { relatedTarget: inside }));
/** What the hooks ask of shadow trees. A question that fails has no answer. */
const questions = {
  watch: (doc) => watch(doc, give),
  written: (doc) => written(doc, give),
  look,
  tree: seeTree,
  holds: (below) => (holdsFrames(below) ? 'yes' : 'no'),
};

// For the popup, which looks in this world whether this document is guarded and this extension still there.
globalThis.iceveil = () => node !== undefined && api.runtime?.id !== undefined;

document.fonts.addEventListener(
  HANDSHAKE,
  (event) => {
    event.stopImmediatePropagation();
    node = event.relatedTarget;
    node.addEventListener('start', start, { once: true });
    node.addEventListener('ask', () => {
      reserve();
      node.data = guardIsUp ? ask(node.data) : answerEarly(node.data);
      reportTimer ??= setTimeout(report, reportDelay);
    });
    for (const name of Object.keys(questions)) {
      node.addEventListener(name, ({ relatedTarget }) => {
        reserve();
        say('answer', questions[name](relatedTarget) ?? 'done');
      });
    }
    node.data = 'here';
  },
  { capture: true, once: true },
);
