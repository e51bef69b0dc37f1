// What a page observes otherwise than without the extension: the cases of pages/conformance, each with its
// reason. specs/conformance.spec.js holds this list to what is so: no more, no less.

const ALL = ['allow', 'public-only', 'relay-only'];
const FILTERED = ['public-only', 'relay-only'];
const RELAY = ['relay-only'];
const BOTH = ['chromium', 'firefox'];

const because = (reason, policies, engines, names) => names.map((name) => ({ name, policies, engines, reason }));

/** Every case of pages/conformance/calls.js. */
const CALLS = [
  'calls: both ends of a channel with a label',
  'calls: both ends of a channel with no label',
  'calls: both ends of a channel with no order',
  'calls: both ends of a channel with no retransmits',
  'calls: both ends of a channel with a life time',
  'calls: both ends of a channel with a protocol',
  'calls: messages',
  'calls: states of ICE of a call that connects',
  'calls: a channel made in an open call',
  'calls: negotiated channels',
  'calls: closing a channel',
  'calls: closing a connection closes its channels',
  'calls: types of statistics in a call',
  'calls: a pair in the statistics',
  'calls: what a transport selects',
  'calls: ICE restarts in an open call',
  'calls: glare, and the polite side gives way',
  'calls: media added to an open call',
  'calls: a rollback in an open call',
  'calls: identity in an open call',
  'calls: credentials of a transport and of the description',
];

export const DIFFERENCES = [
  ...because('a call within the page needs an address, and there is no relay', RELAY, BOTH, CALLS),
  ...because('a call within the page needs an address, and Firefox names those of the LAN here', ['public-only'], ['firefox'], CALLS),
  ...because('no candidate is shown, as none is a relayed one', RELAY, BOTH, [
    'candidates: candidates are surfaced',
    'candidates: descriptions carry candidates',
    'candidates: order of the end of gathering',
    'statistics: types of candidates',
    'statistics: types once gathered',
  ]),
  ...because('no candidate is shown, as none is a relayed one', RELAY, ['chromium'], [
    'candidates: a new offer carries candidates',
    'negotiation: a kept description',
  ]),
  ...because('no candidate is shown, as none is a relayed one', RELAY, ['firefox'], [
    'candidates: states of gathering',
    'candidates: the default address of a description',
  ]),
  ...because('no candidate is shown, as Firefox names addresses of the LAN where the page may use a microphone', ['public-only'], ['firefox'], [
    'candidates: candidates are surfaced',
    'candidates: descriptions carry candidates',
    'candidates: order of the end of gathering',
    'candidates: the default address of a description',
  ]),
  ...because('a name is not given to the browser, which would look it up', RELAY, BOTH, [
    'negotiation: a remote name reads as it was given',
  ]),
  ...because('the browser has no candidate pool', RELAY, ['chromium'], [
    'creation: setConfiguration of the pool after a description',
  ]),
  ...because('a promise that waits for the policy is made by the frame whose method was called', ALL, BOTH, [
    'realm: a frame’s methods on our connection',
  ]),
  ...because('a filtered description is made by the frame whose method was called', FILTERED, BOTH, [
    'realm: our methods on a frame’s connection',
  ]),
  // Chromium takes a trace when an exception is made, and says nothing to whom it is given by a promise or a callback.
  ...because('the trace has the frames of the hooks', ALL, ['chromium'], [
    'creation: what a getter sees of the stack',
    'creation: what a valueOf sees of the stack',
    'negotiation: trace of addIceCandidate',
    'negotiation: trace of createAnswer',
    'negotiation: trace of setLocalDescription',
    'negotiation: trace of setRemoteDescription',
    'statistics: what forEach sees of the stack',
  ]),
  ...because('the trace has the frames of the hooks', ['allow'], ['chromium'], ['statistics: trace of a wrong getStats']),
  ...because('the frames of the hooks count for how long a trace may be', FILTERED, ['chromium'], [
    'creation: trace of an exception of the page’s getter',
  ]),
  ...because('the frames of the hooks count for how long a trace may be', ALL, ['firefox'], ['creation: Error.stackTraceLimit 1']),
  ...because('V8 names an object in a message by its constructor, unless that is a proxy', ALL, ['chromium'], [
    'candidates: a candidate’s members can’t be set',
  ]),
  ...because('Firefox lists the names of a window in the order of their first use', [...ALL, 'block'], ['firefox'], [
    'idl: order of the window’s names',
  ]),
  ...because('the trace has the frames of the hooks', ALL, ['chromium'], [
    'traces: a failing callback’s stack',
    'traces: a reaction’s stack',
    'traces: a text’s toString and its stack',
  ]),
  ...because('the trace has the frames of the hooks', FILTERED, ['chromium'], [
    'traces: a callback’s stack',
  ]),
  ...because('V8 counts the frame of a built-in or of an assignment otherwise where a proxy is called', ALL, ['chromium'], [
    'traces: trace through an outerHTML',
    'traces: trace through toString',
  ]),
  ...because('an exception that nobody catches is reported from where it was thrown last, in the hooks', ALL, BOTH, [
    'traces: an uncaught exception',
  ]),
  ...because('Firefox names a proxy as such when it can’t clone it', ALL, ['firefox'], [
    'traces: a guarded function can’t be cloned',
  ]),
];
