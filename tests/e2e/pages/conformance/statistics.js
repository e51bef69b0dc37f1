// RTCStatsReport and what getStats takes (webrtc-pc 8, webrtc-stats).
/* eslint no-self-compare: 0 -- identity is what is looked at */
/* global RTCRtpSender */
import { connection, descriptor, error, gathered, negotiated, outcome, pause, say, thrownBy, trace } from './lib.js';

const described = async () => {
  const pc = connection();
  pc.createDataChannel('x');
  pc.addTransceiver('audio');
  await pc.setLocalDescription();
  await gathered(pc);
  return pc;
};
const kinds = (report) => [...new Set([...report.values()].map(({ type }) => type))].sort();

export const statistics = {
  'types before anything': async () => kinds(await connection().getStats()),
  'types once gathered': async () => kinds(await (await described()).getStats()),
  'types once negotiated': async () => {
    const [a] = await negotiated();
    await pause(400);
    return kinds(await a.getStats()).filter((type) => !/pair|candidate|certificate|channel/.test(type));
  },
  'a report is what it is': async () => {
    const report = await connection().getStats();
    return [say(report), report instanceof RTCStatsReport, report instanceof Map, Reflect.ownKeys(report).length, typeof report.size, report[Symbol.iterator] === report.entries];
  },
  'two reports are two': async () => {
    const pc = connection();
    return (await pc.getStats()) === (await pc.getStats());
  },
  'an entry read twice': async () => {
    const report = await (await described()).getStats();
    const [id] = report.keys();
    return [report.get(id) === report.get(id), report.get(id).id === id, Object.getPrototypeOf(report.get(id)) === Object.prototype];
  },
  'an entry that is changed': async () => {
    const report = await (await described()).getStats();
    const [id] = report.keys();
    report.get(id).mine = 1;
    return report.get(id).mine;
  },
  'members of an entry': async () => {
    const report = await (await described()).getStats();
    const one = [...report.values()].find(({ type }) => type === 'peer-connection');
    return one && [Object.keys(one), descriptor(one, 'id').replace(/".*"/, '""'), typeof one.timestamp];
  },
  'get of what is not there': async () => {
    const report = await connection().getStats();
    return [report.get('nope'), report.has('nope'), await outcome(() => report.get()), await outcome(() => report.has())];
  },
  'forEach': async () => {
    const report = await (await described()).getStats();
    const seen = [];
    const self = {};
    const given = report.forEach(function each(value, key, map) {
      seen.push(this === self && value.id === key && map === report);
    }, self);
    return [given, seen.every(Boolean), seen.length === report.size];
  },
  'forEach with wrong arguments': async () => {
    const report = await connection().getStats();
    return [await outcome(() => report.forEach()), await outcome(() => report.forEach(5)), await outcome(() => report.forEach({})), await outcome(() => RTCStatsReport.prototype.forEach.call(new Map(), () => {}))];
  },
  'forEach that throws': async () => {
    const report = await (await described()).getStats();
    let calls = 0;
    const said = await outcome(() => report.forEach(() => {
      calls += 1;
      throw new RangeError('mine');
    }));
    return [said, calls];
  },
  'what forEach sees of the stack': async () => {
    const report = await (await described()).getStats();
    let seen;
    report.forEach(() => (seen ??= new Error('here')));
    return trace(seen);
  },
  'iterators': async () => {
    const report = await (await described()).getStats();
    const said = [];
    for (const name of ['entries', 'keys', 'values', Symbol.iterator]) {
      const one = report[name]();
      said.push(Object.prototype.toString.call(one), one[Symbol.iterator]() === one, Reflect.ownKeys(Object.getPrototypeOf(one)).map(String).join(), say(Object.keys(one.next())),
        Object.getPrototypeOf(Object.getPrototypeOf(one)) === Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())));
    }
    return said;
  },
  'an iterator’s next': async () => {
    const one = (await connection().getStats()).values();
    const proto = Object.getPrototypeOf(one);
    return [descriptor(proto, 'next'), Function.prototype.toString.call(proto.next), await outcome(() => proto.next.call({})), await outcome(() => proto.next.call(new Map().values()))];
  },
  'an iterator at its end': async () => {
    const one = (await connection().getStats()).keys();
    while (!one.next().done);
    return [say(one.next()), say(one.next())];
  },
  'helpers of iterators': async () => {
    const report = await (await described()).getStats();
    return outcome(() => [report.values().map(({ type }) => typeof type).toArray().every((one) => one === 'string'), report.keys().take(1).toArray().length]);
  },
  'spread and Map': async () => {
    const report = await (await described()).getStats();
    return [[...report].length === report.size, new Map(report).size === report.size, Object.fromEntries(report) !== null, Array.from(report.entries()).every(([key, value]) => key === value.id)];
  },
  'a report is no place to write': async () => {
    const report = await connection().getStats();
    return [typeof report.set, typeof report.delete, typeof report.clear];
  },
  'a report can be cloned': async () => outcome(async () => structuredClone(await connection().getStats())),
  'getStats of null': () => outcome(async () => say(await connection().getStats(null))),
  'getStats of a number': () => outcome(() => connection().getStats(5)),
  'getStats of an object': () => outcome(() => connection().getStats({})),
  'getStats of a function': () => outcome(async () => say(await connection().getStats(() => {}))),
  'getStats of another’s track': () => outcome(() => {
    const other = connection().addTransceiver('audio').receiver.track;
    return connection().getStats(other);
  }),
  'getStats with callbacks': () => outcome(async () => {
    const log = [];
    const given = connection().getStats(null, (...args) => log.push(args.length, say(args[0])), (thrown) => log.push(error(thrown)));
    log.push(say(await given));
    await pause(150);
    return log;
  }),
  'getStats of no connection': () => outcome(() => RTCPeerConnection.prototype.getStats.call({})),
  'getStats after close': () => outcome(async () => {
    const pc = await described();
    pc.close();
    return say(await pc.getStats());
  }),
  'getStats of a sender': () => outcome(async () => say(await connection().addTransceiver('audio').sender.getStats())),
  'getStats of a receiver': () => outcome(async () => say(await connection().addTransceiver('audio').receiver.getStats())),
  'getStats of no sender': () => outcome(() => RTCRtpSender.prototype.getStats.call({})),
  'promise of getStats': () => {
    const given = connection().getStats();
    return [given instanceof Promise, Reflect.ownKeys(given).length, Object.getPrototypeOf(given) === Promise.prototype];
  },
  'trace of a wrong getStats': async () => trace(await thrownBy(() => connection().getStats({}))),
  'ids lead somewhere': async () => {
    const [a] = await negotiated();
    await pause(600);
    const report = await a.getStats();
    const lost = [];
    for (const one of report.values()) {
      for (const [name, value] of Object.entries(one)) {
        if (/Id$/.test(name) && !/trackIdentifier|dataChannelIdentifier|issuerCertificateId/.test(name) && typeof value === 'string' && !report.has(value)) lost.push(`${one.type}.${name}`);
      }
    }
    return [...new Set(lost)];
  },
  'types of candidates': async () => {
    const report = await (await described()).getStats();
    const local = [...report.values()].filter(({ type }) => type === 'local-candidate');
    return [local.length > 0, [...new Set(local.map(({ candidateType }) => candidateType))].sort(), local.every(({ port }) => port === undefined || typeof port === 'number')];
  },
};
