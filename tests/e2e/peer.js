// The companion peer, in the lab where there is one, on loopback otherwise.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const root = resolve(import.meta.dirname, '../..');
const lab = process.env.ICEVEIL_LAB ? process.env : null;
const SIMULATED = '203.0.113.7';

/** What the network is: which addresses there are to hide, and from which they may be seen. */
export const network = lab
  ? {
      lab: true,
      local: [lab.ICEVEIL_LAB_LAN, lab.ICEVEIL_LAB_LAN6, lab.ICEVEIL_LAB_TUNNEL],
      outside: [lab.ICEVEIL_LAB_REAL],
      known: [lab.ICEVEIL_LAB_VPN],
    }
  : { lab: false, local: ownAddresses(), outside: [SIMULATED], known: [] };

function ownAddresses() {
  return Object.values(networkInterfaces())
    .flat()
    .filter(({ internal }) => !internal)
    .map(({ address }) => address);
}

/** The hosts of the site; the settings of the tests give each its policy by name. */
export const HOSTS = ['allow', 'public', 'relay', 'block', 'deep.allow', 'other', 'mic.allow', 'mic.public', 'mic.relay', 'mic.block']
  .map((name) => `${name}.iceveil.test`);

/** Starts a peer, with these options besides. `origin(name)` is the site as the host `name`.iceveil.test. */
export async function startPeer(more = []) {
  const binary = resolve(process.env.ICEVEIL_PEER ?? join(root, 'target/debug/iceveil-peer'));
  const www = await mkdtemp(join(tmpdir(), 'iceveil-www-'));
  await cp(join(root, 'www'), www, { recursive: true });
  await cp(join(import.meta.dirname, 'pages'), www, { recursive: true });
  const address = lab ? lab.ICEVEIL_LAB_SITE : '127.0.0.1';
  const args = ['serve', '--http', `${address}:0`, '--stun', `${address}:0`, '--www', www, '--ready-json', '--log-level', 'error', ...more];
  if (lab) for (const at of [address, lab.ICEVEIL_LAB_SITE2, lab.ICEVEIL_LAB_SITE6]) args.push('--listen', at);
  else args.push('--simulate-mapped', SIMULATED);
  const command = lab ? ['ip', 'netns', 'exec', lab.ICEVEIL_LAB_INTERNET, binary] : [binary];
  const child = spawn(command[0], [...command.slice(1), ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = once(child, 'exit').then(([code]) => {
    throw new Error(`the peer ended with ${code}`);
  });
  gone.catch(() => {});
  const [line] = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), gone]);
  const ready = JSON.parse(line);
  const { port } = new URL(ready.http);
  const secret = ready.turns || ready.https;
  return {
    /** The certificate of its TLS servers. */
    certificate: secret ? await (await fetch(`${ready.http}/api/certificate`)).text() : null,
    ready,
    base: ready.http,
    port,
    turn: Boolean(ready.turn),
    origin: (name) => `http://${name}.iceveil.test:${port}`,
    async client() {
      return (await fetch(`${ready.http}/api/clients`, { method: 'POST' })).json();
    },
    async observations(id) {
      return (await (await fetch(`${ready.http}/api/clients/${id}/observations`)).json()).observations;
    },
    async stop() {
      child.kill('SIGTERM');
      await once(child, 'exit').catch(() => {});
      await rm(www, { recursive: true, force: true });
    },
  };
}
