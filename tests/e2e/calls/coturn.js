// coturn in place of the peer's TURN server, where the peer would be.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const PORT = 3479;

export async function startCoturn() {
  const lab = process.env.ICEVEIL_LAB ? process.env : null;
  const address = lab ? lab.ICEVEIL_LAB_SITE : '127.0.0.1';
  const folder = await mkdtemp(join(tmpdir(), 'iceveil-coturn-'));
  const options = [
    '-n', '--listening-ip', address, '--relay-ip', address, '--listening-port', String(PORT),
    '--lt-cred-mech', '--user', 'iceveil:secret', '--realm', 'iceveil.test', '--no-tls', '--no-dtls', '--no-cli',
    '--log-file', 'stdout', '--pidfile', join(folder, 'pid'), '--userdb', join(folder, 'users'), '--allow-loopback-peers',
  ];
  const inside = lab ? ['ip', 'netns', 'exec', lab.ICEVEIL_LAB_INTERNET] : [];
  const [command, ...rest] = [...inside, 'turnserver', ...options];
  const child = spawn(command, rest, { stdio: 'ignore' });
  const gone = once(child, 'exit');
  gone.catch(() => {});
  for (let tries = 0; !(await answers(address)); tries += 1) {
    if (tries === 100 || child.exitCode !== null) throw new Error('coturn did not start');
    await pause(100);
  }
  return {
    /** What tells the peer, and so its clients, of it. */
    options: ['udp', 'tcp'].flatMap((transport) => ['--ice-server', `turn:${address}:${PORT}?transport=${transport},iceveil,secret`]),
    async stop() {
      child.kill('SIGTERM');
      await gone.catch(() => {});
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Whether somebody listens there. */
function answers(address) {
  return new Promise((resolve) => {
    const socket = createConnection(PORT, address, () => socket.end(() => resolve(true)));
    socket.on('error', () => resolve(false));
  });
}
