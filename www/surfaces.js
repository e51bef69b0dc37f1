// Where a page can read an address: one row for each surface. A row's `read` is called before the
// connection gathers, arms what it must at once, and resolves to every text that it could read.
// `live` rows must be there while it gathers; `pair` rows need a second connection, `alone` rows make
// their own; `light` rows are read even in the realms that differ only by the road to them.
// `lens` is the realm whose built-ins do the reading; `context` is made by probe.js.

import { call, construct, everything, listen, read } from './lens.js';

const CANDIDATE = 'RTCIceCandidate';
const CONNECTION = 'RTCPeerConnection';

/** Texts of an icecandidate event and of its candidate. */
function ofEvent(lens, event) {
  const out = everything(lens, 'RTCPeerConnectionIceEvent', event);
  for (const candidate of [event.candidate, read(lens, 'RTCPeerConnectionIceEvent', event, 'candidate')]) {
    if (candidate) out.push(...everything(lens, CANDIDATE, candidate));
  }
  return out;
}

/** A row that reads one description attribute, as soon as it changes and when all is done. */
function description(id, title, attribute, subject = null) {
  return {
    id,
    title,
    pair: Boolean(subject),
    light: id === 'local-description',
    async read(lens, context) {
      await context.gathered;
      const out = [];
      const pc = subject ? await subject(context) : context.pc;
      for (const moment of [null, context.connected]) {
        await moment;
        out.push(...everything(lens, 'RTCSessionDescription', read(lens, CONNECTION, pc, attribute)));
        out.push(...everything(lens, 'RTCSessionDescription', pc[attribute]));
      }
      return out;
    },
  };
}

/** Texts of a stats report, by each of its faces. */
function ofReport(lens, report) {
  const out = [];
  const say = (how, value) => out.push(`${how}: ${JSON.stringify(value)}`);
  report.forEach((value) => {
    say('forEach', value);
    if (/candidate/.test(value.type)) out.push(...everything(lens, 'none', value));
  });
  // Not within forEach: Chromium crashes when another realm's forEach is at work there.
  for (const key of [...report.keys()]) {
    say('get', report.get(key));
    say('get applied', call(lens, 'RTCStatsReport', report, 'get', key));
  }
  call(lens, 'RTCStatsReport', report, 'forEach', (value) => say('forEach applied', value));
  for (const entry of report) say('iterator', entry);
  for (const member of ['entries', 'values', 'keys']) {
    for (const entry of report[member]()) say(member, entry);
    for (const entry of call(lens, 'RTCStatsReport', report, member)) say(`${member} applied`, entry);
  }
  say('Map', [...new Map(report)]);
  say('Array', Array.from(report));
  return out;
}

/** A row over one way of asking for statistics; asked while gathering, after it, and connected. */
function statistics(id, title, ask, more = {}) {
  return {
    id,
    title,
    ...more,
    async read(lens, context) {
      const out = [];
      for (const moment of [context.described, context.gathered, context.connected]) {
        await moment;
        for (const report of await ask(lens, context)) out.push(...ofReport(lens, report));
      }
      return out;
    },
  };
}

/** A row over one road to an RTCIceTransport. */
function transport(id, title, roads) {
  return {
    id,
    title,
    async read(lens, context) {
      const out = [];
      for (const moment of [context.gathered, context.connected]) {
        await moment;
        for (const dtls of roads(lens, context)) {
          const ice = dtls && read(lens, 'RTCDtlsTransport', dtls, 'iceTransport');
          if (ice) out.push(...ofTransport(lens, ice));
        }
      }
      return out;
    },
  };
}

function ofTransport(lens, ice) {
  const out = everything(lens, 'RTCIceTransport', ice);
  const ask = (member, each) => {
    if (typeof ice[member] !== 'function') return;
    each(ice[member]());
    each(call(lens, 'RTCIceTransport', ice, member));
  };
  const list = (candidates) => candidates.forEach((one) => out.push(...everything(lens, CANDIDATE, one)));
  ask('getLocalCandidates', list);
  ask('getRemoteCandidates', list);
  ask('getSelectedCandidatePair', (pair) => {
    if (!pair) return;
    out.push(...everything(lens, 'RTCIceCandidatePair', pair));
    list([pair.local, pair.remote]);
  });
  for (const member of ['getLocalParameters', 'getRemoteParameters']) {
    ask(member, (value) => out.push(JSON.stringify(value)));
  }
  return out;
}

/** A row that makes a connection of its own in an unusual way and reads it plainly. */
function made(id, title, make, options = {}) {
  return { id, title, alone: true, read: (lens, context) => context.fresh(lens, make, options) };
}

const senders = (lens, { pc }) => call(lens, CONNECTION, pc, 'getSenders');
const receivers = (lens, { pc }) => call(lens, CONNECTION, pc, 'getReceivers');
const onlyIf = (condition, value) => (condition ? [value()] : []);

export const surfaces = [
  {
    id: 'candidate-listener',
    title: 'Candidates, by an event listener',
    live: true,
    light: true,
    async read(lens, context) {
      const out = [];
      const hear = (event) => out.push(...ofEvent(lens, event));
      listen(lens, context.pc, 'icecandidate', hear);
      listen(lens, context.pc, 'icecandidate', hear, true);
      listen(lens, context.pc, 'icecandidate', { handleEvent: hear }, { once: true });
      context.pc.addEventListener('icecandidate', { handleEvent: hear }, { capture: true, passive: true });
      await context.connected;
      return out;
    },
  },
  {
    id: 'candidate-handler',
    title: 'Candidates, by the onicecandidate handler',
    live: true,
    async read(lens, context) {
      const out = [];
      const hear = (event) => out.push(...ofEvent(lens, event));
      const setter = lens.interfaces[CONNECTION]?.members.onicecandidate?.set;
      if (setter) Reflect.apply(setter, context.pc, [hear]);
      else context.pc.onicecandidate = hear;
      await context.connected;
      return out;
    },
  },
  {
    id: 'candidate-later',
    title: 'Candidates, kept and read later, copied and wrapped again',
    async read(lens, context) {
      const events = context.events ?? [];
      if (!context.events) listen(lens, context.pc, 'icecandidate', (event) => events.push(event));
      await context.connected;
      return events.flatMap((event) => {
        const out = ofEvent(lens, event);
        if (!event.candidate) return out;
        for (const source of [event.candidate, event.candidate.toJSON()]) {
          const copy = construct(lens, CANDIDATE, source);
          const wrapped = construct(lens, 'RTCPeerConnectionIceEvent', 'icecandidate', { candidate: copy });
          out.push(...ofEvent(lens, wrapped));
        }
        return out;
      });
    },
  },
  description('local-description', 'localDescription', 'localDescription'),
  description('current-local-description', 'currentLocalDescription', 'currentLocalDescription'),
  description('pending-local-description', 'pendingLocalDescription', 'pendingLocalDescription'),
  description('remote-description', 'remoteDescription, both ends in one page', 'remoteDescription', (context) => context.other()),
  description('current-remote-description', 'currentRemoteDescription, both ends in one page', 'currentRemoteDescription', (context) => context.other()),
  description('pending-remote-description', 'pendingRemoteDescription, both ends in one page', 'pendingRemoteDescription', (context) => context.undecided()),
  {
    id: 'offer',
    title: 'createOffer() after gathering',
    async read(lens, context) {
      await context.gathered;
      const offers = [
        await call(lens, CONNECTION, context.pc, 'createOffer'),
        await context.pc.createOffer({ iceRestart: false }),
        await new Promise((resolve, reject) => {
          call(lens, CONNECTION, context.pc, 'createOffer', resolve, reject);
        }),
      ];
      return offers.flatMap((offer) => everything(lens, 'RTCSessionDescription', offer));
    },
  },
  {
    id: 'answer',
    title: 'createAnswer() after gathering',
    pair: true,
    async read(lens, context) {
      const pc = await context.undecided();
      const answers = [
        await call(lens, CONNECTION, pc, 'createAnswer'),
        await new Promise((resolve, reject) => {
          call(lens, CONNECTION, pc, 'createAnswer', resolve, reject);
        }),
      ];
      return answers.flatMap((answer) => everything(lens, 'RTCSessionDescription', answer));
    },
  },
  statistics('stats', 'getStats()', async (lens, { pc }) => [
    await call(lens, CONNECTION, pc, 'getStats'),
    await pc.getStats(null),
  ], { light: true }),
  statistics('stats-selector', 'getStats(track)', async (lens, { pc, track }) =>
    Promise.all(onlyIf(track, () => call(lens, CONNECTION, pc, 'getStats', track)))),
  statistics('stats-sender', 'RTCRtpSender.getStats()', (lens, context) =>
    Promise.all(senders(lens, context).map((one) => call(lens, 'RTCRtpSender', one, 'getStats')))),
  statistics('stats-receiver', 'RTCRtpReceiver.getStats()', (lens, context) =>
    Promise.all(receivers(lens, context).map((one) => call(lens, 'RTCRtpReceiver', one, 'getStats')))),
  statistics('stats-other-end', 'getStats() of the other end in the page', async (lens, context) => [
    await call(lens, CONNECTION, await context.other(), 'getStats'),
  ], { pair: true }),
  {
    id: 'candidate-error',
    title: 'icecandidateerror',
    live: true,
    async read(lens, context) {
      const out = [];
      const hear = (event) => out.push(...everything(lens, 'RTCPeerConnectionIceErrorEvent', event));
      listen(lens, context.pc, 'icecandidateerror', hear);
      context.pc.onicecandidateerror = hear;
      await context.connected;
      return out;
    },
  },
  transport('sctp-transport', 'sctp.transport.iceTransport', (lens, { pc }) => {
    const sctp = read(lens, CONNECTION, pc, 'sctp');
    return sctp ? [read(lens, 'RTCSctpTransport', sctp, 'transport')] : [];
  }),
  transport('sender-transport', 'sender.transport.iceTransport', (lens, context) =>
    senders(lens, context).flatMap((one) => [read(lens, 'RTCRtpSender', one, 'transport'), one.rtcpTransport])),
  transport('receiver-transport', 'receiver.transport.iceTransport', (lens, context) =>
    receivers(lens, context).flatMap((one) => [read(lens, 'RTCRtpReceiver', one, 'transport'), one.rtcpTransport])),
  {
    id: 'transport-events',
    title: 'Events of RTCIceTransport',
    live: true,
    async read(lens, context) {
      const out = [];
      await context.described;
      for (const { transport: dtls } of senders(lens, context)) {
        const ice = dtls?.iceTransport;
        if (!ice) continue;
        for (const type of ['icecandidatepairadd', 'selectedcandidatepairchange', 'icecandidate', 'statechange']) {
          listen(lens, ice, type, (event) => {
            out.push(...everything(lens, 'Event', event), ...ofTransport(lens, event.target));
          });
        }
      }
      await context.connected;
      return out;
    },
  },
  {
    id: 'after-close',
    title: 'Everything again after close()',
    live: true,
    async read(lens, context) {
      await context.closed;
      const { pc } = context;
      const out = [];
      for (const attribute of ['localDescription', 'currentLocalDescription', 'pendingLocalDescription']) {
        out.push(...everything(lens, 'RTCSessionDescription', read(lens, CONNECTION, pc, attribute)));
      }
      const asked = call(lens, CONNECTION, pc, 'getStats').catch(() => null); // Firefox refuses
      const report = await Promise.race([asked, context.soon()]);
      if (report) out.push(...ofReport(lens, report));
      return out;
    },
  },
  made('subclass', 'A subclass of RTCPeerConnection', (lens, config) => {
    class Sub extends lens.interfaces[CONNECTION].made {
      get localDescription() {
        return super.localDescription;
      }
    }
    return new Sub(config);
  }),
  made('old-name', 'The constructor under its old name', (lens, config) =>
    lens.alias ? new lens.alias(config) : null),
  made('prototype-constructor', 'The constructor found on the prototype', (lens, config) =>
    new (Object.getPrototypeOf(construct(lens, CONNECTION, {})).constructor)(config)),
  made('new-target', 'Reflect.construct with another new.target', (lens, config) => {
    const Other = function Other() {};
    Other.prototype = lens.interfaces[CONNECTION].made.prototype;
    return Reflect.construct(lens.interfaces[CONNECTION].made, [config], Other);
  }),
  made('implicit-description', 'setLocalDescription() without an argument', (lens, config) =>
    construct(lens, CONNECTION, config), { implicit: true }),
  made('candidate-pool', 'A pool of candidates gathered beforehand', (lens, config) =>
    construct(lens, CONNECTION, { ...config, iceCandidatePoolSize: 4 })),
  made('set-configuration', 'Servers given later, by setConfiguration()', (lens, config) => {
    const pc = construct(lens, CONNECTION, { iceTransportPolicy: 'relay' });
    call(lens, CONNECTION, pc, 'setConfiguration', { ...config, iceTransportPolicy: 'all' });
    return pc;
  }),
  made('restart', 'A restart of ICE', (lens, config) => construct(lens, CONNECTION, config), { restart: true }),
  made('no-bundle', 'One transport for each medium', (lens, config) =>
    construct(lens, CONNECTION, { ...config, bundlePolicy: 'max-compat' }), { many: true }),
];
