// What leaves the lab's browser, packet by packet, as tcpdump sees it.

import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { createInterface } from 'node:readline';

const DISCARD = 9; // where the markers go; no browser sends anything there
const QUIET = 400; // ms without a packet
const LONGEST = 60_000; // ms until there has to be such a pause
const LINE = /^\S+\s+Out\s+IP6?\s+(\S+)\.(\d+) > (\S+)\.(\d+): (.*)$/;

/**
 * Captures what the machines of this namespace send, but for loopback. `marker` is an address that
 * can be reached. Resolves to `{stop}`; `stop()` resolves to all packets, once the last is seen:
 * `{protocol, source, from, to, port, text}`, where `from` and `to` are addresses.
 */
export async function capture(marker) {
  const child = spawn('tcpdump', ['-i', 'any', '-nn', '-l', '-t', '--immediate-mode', '-Q', 'out', 'udp', 'or', 'tcp'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const packets = [];
  let marks = 0;
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [, from, source, to, port, text] = LINE.exec(line) ?? [];
    if (!to || line.startsWith('lo ')) return;
    if (to === marker && Number(port) === DISCARD) marks += 1;
    else packets.push({ protocol: text.startsWith('Flags') ? 'tcp' : 'udp', source: Number(source), from, to, port: Number(port), text });
  });
  const gone = once(child, 'exit').then(([code]) => {
    throw new Error(`tcpdump ended with ${code}`);
  });
  gone.catch(() => {});
  const seen = async () => {
    const before = marks;
    const socket = createSocket('udp4');
    for (let tries = 0; marks === before; tries += 1) {
      if (tries > 100) throw new Error('the capture sees nothing');
      socket.send('', DISCARD, marker);
      await Promise.race([pause(50), gone]);
    }
    socket.close();
  };
  // What came before dies down: pages that were closed take back their names.
  const end = Date.now() + LONGEST;
  for (let count = -1; count !== packets.length; await pause(QUIET)) {
    if (Date.now() > end) throw new Error(`it goes on sending: ${packets.slice(-5).map(show).join('; ')}`);
    count = packets.length;
    await seen();
  }
  packets.length = 0;
  return {
    async stop() {
      await seen();
      child.kill();
      await gone.catch(() => {});
      return packets;
    },
  };
}

/** A packet as a test's failure shows it. */
export const show = ({ protocol, from, to, port, text }) => `${protocol} ${from} > ${to} ${port}: ${text.slice(0, 80)}`;
