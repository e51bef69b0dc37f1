// Attacks on values: what a page may do to arguments, built-ins and events to be given an address, or to
// have one sent. Each is played in a page of its own, and tells all that it can read.

/**
 * Runs in the page: plays one attack, and resolves to what it was told: texts to look for addresses in, and
 * `LEAK…` for what is one whatever stands there; and to the errors that it met, with their traces.
 */
export async function steal({ source, servers }) {
  const told = [];
  const errors = [];
  addEventListener('error', ({ message, filename }) => errors.push(`${message} ${filename}`));
  addEventListener('unhandledrejection', ({ reason }) => errors.push(`${reason} ${reason?.stack}`));
  const fields = ['candidate', 'address', 'port', 'relatedAddress', 'relatedPort', 'foundation', 'sdp', 'hostCandidate'];
  const tell = (value, depth = 0) => {
    if (value === null || value === undefined || depth > 3) return;
    if (typeof value !== 'object') {
      told.push(String(value));
      return;
    }
    if (value instanceof Error || value instanceof DOMException) {
      told.push(value.message);
      errors.push(`${value} ${value.stack}`);
    }
    for (const name of [...fields, ...Object.getOwnPropertyNames(value)]) tell(value[name], depth + 1);
    told.push(JSON.stringify(value));
  };
  const stage = {
    servers,
    tell,
    pause: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    make(config = { iceServers: servers }) {
      const pc = new RTCPeerConnection(config);
      pc.createDataChannel('x');
      return pc;
    },
    /** A connection that has gathered, or had the time to. */
    async gathered(pc = stage.make()) {
      const done = new Promise((resolve) => {
        pc.addEventListener('icegatheringstatechange', () => pc.iceGatheringState === 'complete' && resolve());
        setTimeout(resolve, 3000);
      });
      await pc.setLocalDescription();
      await done;
      return pc;
    },
    /** One that was listened to for a while, and the events that it fired for candidates. */
    async listened() {
      const [pc, heard] = [stage.make(), []];
      pc.addEventListener('icecandidate', (event) => heard.push(event));
      await pc.setLocalDescription();
      await stage.pause(1500);
      return [pc, heard];
    },
    /** One that has its answer. */
    async answered() {
      const [pc, other] = [stage.make(), new RTCPeerConnection()];
      await pc.setLocalDescription();
      await other.setRemoteDescription(pc.localDescription);
      await other.setLocalDescription();
      await pc.setRemoteDescription(other.localDescription);
      return pc;
    },
    /** Another realm, with hooks of its own. */
    async frame() {
      const frame = document.createElement('iframe');
      frame.src = location.href;
      document.body.append(frame);
      await new Promise((resolve) => (frame.onload = resolve));
      return frame.contentWindow;
    },
  };
  // With the microphone granted and used, browsers give the addresses themselves.
  for (const track of (await navigator.mediaDevices.getUserMedia({ audio: true })).getTracks()) track.stop();
  // The policy is there once a first description is.
  const first = stage.make();
  await first.setLocalDescription();
  first.close();
  await (0, eval)(`(${source})`)(stage);
  return { told, errors };
}

/** Texts of a description with one of its candidates where it doesn't belong, or written otherwise. */
const munged = (sdp, line) => [
  `${line}\r\n${sdp}`,
  sdp.replace('t=0 0', `${line}\r\nt=0 0`),
  sdp.replace(/m=.*\r\n/, `$&${line}\r\n`),
  ...[' a=candidate', 'A=candidate', 'a= candidate', 'a=\tcandidate', 'a = candidate', 'xa=candidate'].map((to) => sdp.replaceAll('a=candidate', to)),
  sdp.replaceAll('\r\n', '\n'),
  sdp.replaceAll('\r\n', '\r'),
  // For a browser part of the line before.
  sdp.replaceAll(`\r\n${line}`, `\r${line}`),
  sdp.replace(/(a=mid:\S+)/, `$1\r${line}`),
  sdp.replace(/(a=ice-ufrag:\S+)/, `$1\r${line}`),
  sdp.replace(`\r\n${line}`, `\0\r\n${line}`),
  sdp.replace(line, `${line} \0`),
  sdp.replace(line, `${line} \ud800`),
  `${sdp}m=audio 9 bogus\r\n${line}\r\n`,
];

export const values = {
  // `document.all` says that it is undefined. Browsers take it for a dictionary, and call it.
  'document.all as a configuration': async ({ servers, make, pause, tell }) => {
    Object.assign(document.all, { iceServers: servers, iceCandidatePoolSize: 4, iceTransportPolicy: 'all' });
    const set = make({});
    set.setConfiguration(document.all);
    await set.setLocalDescription();
    const made = make(document.all);
    await made.setLocalDescription();
    await pause(1000);
    tell(set.localDescription);
    tell(made.localDescription);
  },
  'document.all as a description': async ({ make, gathered, tell }) => {
    const pc = make();
    const { sdp } = await pc.createOffer();
    Object.assign(document.all, { type: 'offer', sdp: `${sdp}a=candidate:1 1 udp 2122260223 10.66.66.66 7777 typ host\r\n` });
    const other = new RTCPeerConnection();
    await other.setRemoteDescription(document.all);
    tell(other.remoteDescription.sdp.includes('10.66.66.66') ? 'LEAK passed on' : 'kept back');
    await pc.setLocalDescription(document.all).catch(tell);
    await gathered(pc);
    tell(pc.localDescription);
  },
  'document.all as a candidate': async ({ answered, tell }) => {
    const pc = await answered();
    Object.assign(document.all, { candidate: 'candidate:1 1 udp 2122260223 10.66.66.66 7777 typ host', sdpMid: '0' });
    await pc.addIceCandidate(document.all);
    tell(pc.remoteDescription.sdp.includes('10.66.66.66') ? 'LEAK passed on' : 'kept back');
  },
  'document.all called by forEach': async ({ gathered, tell }) => {
    const report = await (await gathered()).getStats();
    const before = Object.prototype.toString;
    const got = [];
    Object.prototype.toString = function () {
      got.push(this);
      return '';
    };
    report.forEach(document.all);
    Object.prototype.toString = before;
    got.forEach((one) => tell(one));
    tell(report);
  },
  'document.all called by a MutationObserver': async ({ pause, tell }) => {
    const before = Object.prototype.toString;
    Object.prototype.toString = function () {
      if (this instanceof MutationRecord) {
        const connection = this.addedNodes[0].contentWindow.RTCPeerConnection;
        tell(Function.prototype.toString.call(connection).includes('RTCPeerConnection') ? 'told' : 'LEAK unguarded');
      }
      return '';
    };
    new MutationObserver(document.all).observe(document.body, { childList: true });
    document.body.append(document.createElement('iframe'));
    await pause(50);
    Object.prototype.toString = before;
    tell('seen');
  },
  // A promise looks for `then` on what it is fulfilled with.
  'a report taken by then': async ({ gathered, tell }) => {
    const pc = await gathered();
    Object.defineProperty(Object.prototype, 'then', {
      configurable: true,
      get() {
        if (!(this instanceof RTCStatsReport)) return undefined;
        for (const entry of this.values()) tell(JSON.stringify(entry));
        for (const entry of this) tell(JSON.stringify(entry));
        this.forEach((entry) => tell(JSON.stringify(entry)));
        for (const key of this.keys()) tell(JSON.stringify(this.get(key)));
        return undefined;
      },
    });
    await pc.getStats();
    delete Object.prototype.then;
  },
  'a report replaced by then': async ({ gathered, tell }) => {
    const pc = await gathered();
    for (const instead of [7, { forEach: 1 }, document.all, new Map([[1, { type: 'local-candidate' }]])]) {
      RTCStatsReport.prototype.then = (done) => done(instead);
      tell((await pc.getStats()) === instead ? 'passed through' : 'LEAK changed');
    }
    delete RTCStatsReport.prototype.then;
  },
  'a description taken by then': async ({ gathered, tell }) => {
    const pc = await gathered();
    Object.defineProperty(Object.prototype, 'then', {
      configurable: true,
      get() {
        if (this !== Object.prototype) tell(this.sdp);
        return undefined;
      },
    });
    await pc.createOffer();
    await new Promise((resolve, reject) => pc.createOffer((offer) => resolve(tell(offer)), reject));
    delete Object.prototype.then;
  },
  // The browser's own text is put back where a page gives a description back.
  'what errors quote of candidates': `async ({ gathered, tell }) => {
    const munged = ${munged};
    const pc = await gathered();
    const { sdp } = pc.localDescription;
    tell(sdp);
    for (const line of sdp.match(/a=candidate:.*/g) ?? []) {
      for (const text of munged(sdp, line)) {
        await pc.setLocalDescription({ type: 'offer', sdp: text }).catch(tell);
        await new Promise((resolve) => pc.setLocalDescription({ type: 'offer', sdp: text }, resolve, (error) => resolve(tell(error))));
        tell(pc.localDescription);
        for (const one of pc.getTransceivers()) tell(one.mid);
      }
    }
  }`,
  'an error that was fired again': async ({ servers, make, frame, pause, tell }) => {
    const view = await frame();
    const heard = [];
    const pc = make({ iceServers: servers.map((one) => ({ ...one, username: 'x', credential: 'y' })) });
    pc.onicecandidateerror = (event) => heard.push(event);
    await pc.setLocalDescription();
    // Chromium takes ten seconds.
    for (let tries = 0; tries < 130 && heard.length === 0; tries += 1) await pause(100);
    tell(`${heard.length} heard`);
    for (const event of heard) {
      new EventTarget().dispatchEvent(event);
      for (const realm of [window, view]) {
        for (const name of ['address', 'port', 'hostCandidate']) {
          const getter = Object.getOwnPropertyDescriptor(realm.RTCPeerConnectionIceErrorEvent.prototype, name)?.get;
          const found = getter?.call(event);
          tell(found ? `LEAK ${name} ${found}` : name);
        }
      }
    }
  },
  'reads where the stack has hardly any room': async ({ gathered, frame, tell }) => {
    const view = await frame();
    const pc = await gathered();
    const report = await pc.getStats();
    const read = Object.getOwnPropertyDescriptor(view.RTCPeerConnection.prototype, 'localDescription').get;
    const found = [];
    // Down until there is no room, and at each step up again a try.
    const deeper = () => {
      try {
        deeper();
      } catch {
        // No room left.
      }
      if (found.length > 400) return;
      try {
        found.push(read.call(pc).sdp);
        for (const entry of report.values()) found.push(JSON.stringify(entry));
      } catch {
        // Not yet.
      }
    };
    deeper();
    found.forEach((one) => tell(one));
    tell(pc.localDescription);
  },
};
