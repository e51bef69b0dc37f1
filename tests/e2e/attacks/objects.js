// Attacks with objects: subclasses, prototypes put in place of others, copies, objects of frames that are
// gone and of connections that are closed, values handed back. Played and judged as those of `values.js` are.

export const objects = {
  'subclasses': async ({ servers, pause, tell }) => {
    const heard = [];
    class Mine extends RTCPeerConnection {
      constructor(...args) {
        super(...args);
        super.addEventListener('icecandidate', (event) => heard.push(event));
      }

      get localDescription() {
        tell(super.localDescription);
        return null;
      }

      async getStats() {
        const report = await super.getStats();
        for (const entry of report.values()) tell(entry);
        return report;
      }
    }
    class Candidate extends RTCIceCandidate {
      get address() {
        return super.address;
      }
    }
    const pc = new Mine({ iceServers: servers });
    pc.createDataChannel('x');
    await pc.setLocalDescription();
    await pause(1500);
    void pc.localDescription;
    await pc.getStats();
    for (const { candidate } of heard) {
      tell(candidate);
      if (!candidate) continue;
      Object.setPrototypeOf(candidate, Candidate.prototype);
      tell(candidate);
      tell(new Candidate(candidate));
    }
    tell(`${heard.length} heard`);
  },
  'promises of another species': async ({ gathered, tell }) => {
    const pc = await gathered();
    const species = Object.getOwnPropertyDescriptor(Promise, Symbol.species);
    const { constructor, then } = Promise.prototype;
    const taken = [];
    class Theirs extends Promise {
      constructor(executor) {
        super((resolve, reject) => executor((value) => (taken.push(value), resolve(value)), (error) => (taken.push(error), reject(error))));
      }
    }
    Object.defineProperty(Promise, Symbol.species, { configurable: true, get: () => Theirs });
    Promise.prototype.constructor = Theirs;
    Promise.prototype.then = function (done, failed) {
      return then.call(this, (value) => (taken.push(value), done?.(value)), failed);
    };
    try {
      const report = await pc.getStats();
      for (const entry of report.values()) tell(entry);
      tell(await pc.createOffer());
      await pc.setLocalDescription();
      await pc.setLocalDescription({ type: 'offer', sdp: 'x' }).catch(tell);
    } finally {
      Promise.prototype.constructor = constructor;
      Promise.prototype.then = then;
      Object.defineProperty(Promise, Symbol.species, species);
    }
    for (const one of taken) {
      tell(one);
      if (one instanceof RTCStatsReport) for (const entry of one.values()) tell(entry);
    }
    tell(`${taken.length} taken`);
  },
  'prototypes of another realm': async ({ listened, frame, tell }) => {
    const view = await frame();
    const [pc, heard] = await listened();
    const report = await pc.getStats();
    const all = [
      [pc, 'RTCPeerConnection'],
      [pc.localDescription, 'RTCSessionDescription'],
      [report, 'RTCStatsReport'],
      [pc.sctp?.transport?.iceTransport, 'RTCIceTransport'],
      ...heard.flatMap((event) => [[event, 'RTCPeerConnectionIceEvent'], [event.candidate, 'RTCIceCandidate']]),
    ];
    for (const [object, name] of all) {
      if (!object) continue;
      for (const prototype of [view[name]?.prototype, null, Object.prototype, EventTarget.prototype, view.Map.prototype, new Proxy(window[name]?.prototype ?? {}, {})]) {
        if (prototype === undefined) continue;
        Object.setPrototypeOf(object, prototype);
        for (const realm of [window, view]) {
          const own = realm[name]?.prototype ?? {};
          for (const [key, { get, value }] of Object.entries(Object.getOwnPropertyDescriptors(own))) {
            try {
              if (get) tell(get.call(object));
              else if (['get', 'toJSON', 'getLocalCandidates', 'getRemoteCandidates', 'getSelectedCandidatePair'].includes(key)) tell(value.call(object, 'x'));
              else if (['entries', 'values'].includes(key)) for (const entry of value.call(object)) tell(entry);
              else if (key === 'forEach') value.call(object, (entry) => tell(entry));
              else if (key === 'getStats') for (const entry of (await value.call(object)).values()) tell(entry);
            } catch (error) {
              tell(error);
            }
          }
        }
        tell(object);
      }
    }
    tell(`${heard.length} heard`);
  },
  'copies': async ({ listened, pause, frame, tell }) => {
    const view = await frame();
    const [pc, heard] = await listened();
    const things = [pc, pc.localDescription, pc.sctp, await pc.getStats(), [...(await pc.getStats())], ...heard, ...heard.map((event) => event.candidate)];
    const posted = [];
    view.addEventListener('message', ({ data }) => posted.push(data));
    for (const thing of things) {
      for (const copy of [structuredClone, view.structuredClone]) {
        try {
          tell(copy(thing));
        } catch (error) {
          tell(error);
        }
      }
      try {
        view.postMessage(thing, '*');
        history.replaceState(thing, '');
        tell(history.state);
      } catch (error) {
        tell(error);
      }
      if (thing) for (const key in thing) if (typeof thing[key] !== 'object') tell(String(thing[key]));
      tell(Object.assign({}, thing));
      tell(JSON.stringify({ thing }));
    }
    await pause(100);
    posted.forEach((one) => tell(one));
  },
  'objects of a frame that is gone': async ({ servers, frame, pause, tell }) => {
    const heard = [];
    const read = async (pc) => {
      for (const prototype of [RTCPeerConnection.prototype, Object.getPrototypeOf(pc)]) {
        for (const name of ['localDescription', 'currentLocalDescription', 'pendingLocalDescription', 'sctp', 'getConfiguration', 'createOffer', 'getStats']) {
          try {
            const { get, value } = Object.getOwnPropertyDescriptor(prototype, name);
            const given = await Promise.race([(get ?? value).call(pc), pause(300)]);
            tell(given);
            if (given?.values) for (const entry of given.values()) tell(entry);
          } catch (error) {
            tell(error);
          }
        }
      }
    };
    for (const late of [0, 30, 1500]) {
      const view = await frame();
      const pc = new view.RTCPeerConnection({ iceServers: servers });
      const own = new RTCPeerConnection({ iceServers: servers });
      for (const one of [pc, own]) {
        one.createDataChannel('x');
        one.addEventListener('icecandidate', (event) => heard.push(event));
        // Applied by way of the frame, which goes while it is at work.
        view.RTCPeerConnection.prototype.setLocalDescription.call(one).catch(tell);
      }
      const kept = { report: view.RTCPeerConnection.prototype.getStats.call(own), descriptor: Object.getOwnPropertyDescriptor(view.RTCPeerConnection.prototype, 'localDescription') };
      await pause(late);
      view.frameElement.remove();
      await pause(1500);
      await read(pc);
      await read(own);
      try {
        tell(kept.descriptor.get.call(own));
        const report = await Promise.race([kept.report, pause(300)]);
        if (report) for (const entry of report.values()) tell(entry);
      } catch (error) {
        tell(error);
      }
    }
    heard.forEach((event) => tell(event));
    heard.forEach(({ candidate }) => tell(candidate));
    tell(`${heard.length} heard`);
  },
  'a frame whose document changes in the midst of a call': async ({ servers, frame, pause, tell }) => {
    const view = await frame();
    const { frameElement } = view;
    const pc = new view.RTCPeerConnection({ iceServers: servers });
    pc.createDataChannel('x');
    const done = pc.setLocalDescription();
    frameElement.contentDocument.open();
    frameElement.contentDocument.write('<p>written</p>');
    frameElement.contentDocument.close();
    await Promise.race([done.catch(tell), pause(1000)]);
    await pause(1500);
    tell(pc.localDescription);
    const again = new frameElement.contentWindow.RTCPeerConnection({ iceServers: servers });
    again.createDataChannel('x');
    await again.setLocalDescription();
    await pause(1500);
    tell(again.localDescription);
    for (const entry of (await again.getStats()).values()) tell(entry);
  },
  'connections that are closed at every step': async ({ make, pause, tell }) => {
    const steps = [0, 1, 5, 20, 100, 600];
    const made = await Promise.all(
      steps.map(async (late) => {
        const pc = make();
        const heard = [];
        pc.addEventListener('icecandidate', (event) => heard.push(event));
        const offered = pc.setLocalDescription().catch(tell);
        const report = pc.getStats().catch(tell);
        await pause(late);
        pc.close();
        await Promise.race([offered, pause(300)]);
        return [pc, heard, await Promise.race([report, pause(300)])];
      }),
    );
    for (const [pc, heard, report] of made) {
      for (const name of ['localDescription', 'currentLocalDescription', 'pendingLocalDescription']) {
        try {
          tell(pc[name]);
        } catch (error) {
          tell(error);
        }
      }
      heard.forEach((event) => tell(event));
      heard.forEach(({ candidate }) => tell(candidate));
      for (const one of [report, await pc.getStats().catch(tell)]) if (one?.values) for (const entry of one.values()) tell(entry);
      await pc.createOffer().then(tell, tell);
    }
    tell('closed');
  },
  'values handed back': async ({ answered, pause, tell }) => {
    const pc = await answered();
    await pause(1500);
    const { sdp } = pc.localDescription;
    const lines = sdp.match(/candidate:.*/g) ?? [];
    for (const [index, line] of lines.entries()) {
      const fields = line.split(' ');
      // The line with each of its fields in place of each other.
      const others = fields.flatMap((_, at) => [fields.with(at, '0'), fields.toSpliced(at, 1), fields.with(at, fields[(at + 1) % fields.length])]).map((one) => one.join(' '));
      for (const candidate of [line, `a=${line}`, ` ${line}`, `${line} `, line.toUpperCase(), ...others]) {
        try {
          const made = new RTCIceCandidate({ candidate, sdpMid: '0', sdpMLineIndex: index });
          tell(made);
          await Promise.race([pc.addIceCandidate(made).catch(tell), pause(500)]);
        } catch (error) {
          tell(error);
        }
      }
    }
    tell(pc.remoteDescription);
    tell(pc.localDescription);
    for (const entry of (await pc.getStats()).values()) tell(entry);
  },
  // Of more of them Chromium makes work without end by itself, a text that grows with each.
  'a thousand candidates': async ({ answered, tell }) => {
    const pc = await answered();
    const adding = [];
    for (let n = 0; n < 1000; n += 1) {
      const candidate = `candidate:${n} 1 udp ${n} 10.66.${n >> 8}.${n & 255} ${1024 + n} typ host`;
      adding.push(pc.addIceCandidate({ candidate, sdpMid: '0' }).catch(() => {}));
    }
    await Promise.all(adding);
    tell(pc.remoteDescription.sdp.includes(' 10.66.') ? 'LEAK passed on' : 'kept back');
    for (const entry of (await pc.getStats()).values()) if (entry.type === 'remote-candidate') tell(entry.address?.startsWith('10.66.') ? 'LEAK passed on' : 'kept back');
    tell(pc.localDescription);
  },
};
