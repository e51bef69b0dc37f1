// The servers that some libraries want, from registries: on the internet.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const lab = process.env.ICEVEIL_LAB ? process.env : null;
// A host of their own: the peer's addresses are its loopback's, and media servers take none of those.
const ADDRESS = lab ? lab.ICEVEIL_LAB_HTTP_PROXY.split(':')[0] : '127.0.0.1';
const PEERJS_PORT = 9000;
const JANUS_PORT = 8088;

/** Runs a server until it answers at `url`; resolves to what stops it. */
async function serve(command, url) {
  const [program, ...rest] = [...(lab ? ['ip', 'netns', 'exec', lab.ICEVEIL_LAB_PROXY] : []), ...command];
  const child = spawn(program, rest, { stdio: 'ignore' });
  const gone = once(child, 'exit');
  gone.catch(() => {});
  for (let tries = 0; !(await fetch(url).catch(() => null)); tries += 1) {
    if (tries === 100 || child.exitCode !== null) throw new Error(`${program} did not start`);
    await pause(100);
  }
  return async () => {
    child.kill('SIGTERM');
    await gone.catch(() => {});
  };
}

/** A port for a server: outside the lab other programs may have the usual one. */
async function port(usual) {
  if (lab) return usual;
  const server = createServer().listen(0, ADDRESS);
  await once(server, 'listening');
  const free = server.address().port;
  await new Promise((resolve) => server.close(resolve));
  return free;
}

/** PeerJS's own server. */
export async function startPeerServer(modules) {
  const at = { host: ADDRESS, port: await port(PEERJS_PORT) };
  const program = join(modules, 'peer/dist/bin/peerjs.js');
  const stop = await serve([process.execPath, program, '--host', at.host, '--port', String(at.port)], `http://${at.host}:${at.port}/`);
  return { ...at, stop };
}

/** Debian's Janus, with the plugin that sends back what it gets. */
export async function startJanus() {
  const folder = await mkdtemp(join(tmpdir(), 'iceveil-janus-'));
  const at = await port(JANUS_PORT);
  await writeFile(join(folder, 'janus.jcfg'), `general: {
  configs_folder = "${folder}"
}
plugins: { disable = "libjanus_audiobridge.so,libjanus_duktape.so,libjanus_lua.so,libjanus_nosip.so,libjanus_recordplay.so,libjanus_sip.so,libjanus_streaming.so,libjanus_textroom.so,libjanus_videocall.so,libjanus_videoroom.so,libjanus_voicemail.so" }
transports: { disable = "libjanus_mqtt.so,libjanus_nanomsg.so,libjanus_pfunix.so,libjanus_rabbitmq.so,libjanus_websockets.so" }
`);
  await writeFile(join(folder, 'janus.transport.http.jcfg'), `general: { base_path = "/janus"; http = true; port = ${at}; ip = "${ADDRESS}"; https = false }
admin: { admin_http = false }
`);
  const url = `http://${ADDRESS}:${at}/janus`;
  const stopped = await serve(['janus', '--config', join(folder, 'janus.jcfg'), '--configs-folder', folder, '--disable-colors'], `${url}/info`);
  return {
    url,
    async stop() {
      await stopped();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
