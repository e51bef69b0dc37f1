// What a page observes otherwise than without the extension: the cases of pages/conformance, each with its
// reason. specs/conformance.spec.js holds this list to what is so: no more, no less.

const ALL = ['allow', 'public-only', 'relay-only'];
const FILTERED = ['public-only', 'relay-only'];
const RELAY = ['relay-only'];
const BOTH = ['chromium', 'firefox'];

const because = (reason, policies, engines, names) => names.map((name) => ({ name, policies, engines, reason }));

export const DIFFERENCES = [
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
  ...because('the class is read for the browser and for the reactions that are guarded', ALL, BOTH, [
    'realm: order in which define reads',
  ]),
  ...because('Firefox lists the names of a window in the order of their first use', ALL, ['firefox'], [
    'idl: order of the window’s names',
  ]),
];
