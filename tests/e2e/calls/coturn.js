// coturn in place of the peer's TURN server, where the peer would be: over UDP, TCP and TLS, on IPv4 and
// in the lab on IPv6.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const PORT = 3479;
const TLS_PORT = 5350;

/** The name of the TURN servers where TLS is: Firefox takes no address there. */
export const TLS_NAME = 'other.iceveil.test';

/** Makes a certificate for that name. */
function certify(key, certificate) {
  const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const names = ['-subj', `/CN=${TLS_NAME}`, '-addext', `subjectAltName=DNS:${TLS_NAME}`];
  execFileSync('openssl', [...made, ...names, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
}

export async function startCoturn() {
  const lab = process.env.ICEVEIL_LAB ? process.env : null;
  const address = lab ? lab.ICEVEIL_LAB_SITE : '127.0.0.1';
  const addresses = lab ? [address, lab.ICEVEIL_LAB_SITE6] : [address];
  const folder = await mkdtemp(join(tmpdir(), 'iceveil-coturn-'));
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  certify(key, certificate);
  const options = [
    '-n', ...addresses.flatMap((one) => ['--listening-ip', one, '--relay-ip', one]),
    '--listening-port', String(PORT), '--tls-listening-port', String(TLS_PORT), '--cert', certificate, '--pkey', key,
    '--lt-cred-mech', '--user', 'iceveil:secret', '--realm', 'iceveil.test', '--no-dtls', '--no-cli',
    '--log-file', 'stdout', '--pidfile', join(folder, 'pid'), '--userdb', join(folder, 'users'), '--allow-loopback-peers',
  ];
  const inside = lab ? ['ip', 'netns', 'exec', lab.ICEVEIL_LAB_INTERNET] : [];
  const [command, ...rest] = [...inside, 'turnserver', ...options];
  const child = spawn(command, rest, { stdio: 'ignore' });
  const gone = once(child, 'exit');
  gone.catch(() => {});
  for (const at of addresses) {
    for (const port of [PORT, TLS_PORT]) {
      for (let tries = 0; !(await answers(at, port)); tries += 1) {
        if (tries === 100 || child.exitCode !== null) throw new Error('coturn did not start');
        await pause(100);
      }
    }
  }
  const urls = addresses.map((one) => (one.includes(':') ? `[${one}]` : one)).flatMap((host) =>
    ['udp', 'tcp'].map((transport) => `turn:${host}:${PORT}?transport=${transport}`));
  urls.push(`turns:${TLS_NAME}:${TLS_PORT}?transport=tcp`);
  return {
    /** What tells the peer, and so its clients, of it. */
    options: urls.flatMap((url) => ['--ice-server', `${url},iceveil,secret`]),
    certificate: await readFile(certificate, 'utf8'),
    async stop() {
      child.kill('SIGTERM');
      await gone.catch(() => {});
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Whether somebody listens there. */
function answers(address, port) {
  return new Promise((resolve) => {
    const socket = createConnection(port, address, () => socket.end(() => resolve(true)));
    socket.on('error', () => resolve(false));
  });
}
