// A client of Marionette, the remote protocol that stock Firefox brings: Playwright can't open pages
// of an extension there. Messages are JSON, each behind its length and a colon; commands are WebDriver's.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** What Firefox answered to a command that failed: `code` is WebDriver's, such as "no such element". */
export class MarionetteError extends Error {
  constructor(command, { error, message }) {
    super(`${command}: ${error}: ${message}`);
    this.code = error;
  }
}

/**
 * Starts Firefox headless on a profile that holds `prefs` besides what is in it, and opens a session.
 * `binary` is the program to run.
 */
export async function startFirefox(profile, { prefs, binary }) {
  const lines = Object.entries({ ...prefs, ...QUIET }).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`);
  await writeFile(join(profile, 'user.js'), lines.join(''));
  await rm(join(profile, PORT), { force: true }); // of a run before
  const args = ['--headless', '--no-remote', '--profile', profile, '--marionette', '--remote-allow-system-access', 'about:blank'];
  const child = spawn(binary, args, { stdio: 'ignore', env: { ...process.env, MOZ_CRASHREPORTER_DISABLE: '1' } });
  const gone = once(child, 'exit').then(([code]) => {
    throw new Error(`Firefox ended with ${code}`);
  });
  gone.catch(() => {});
  const client = new Marionette(await Promise.race([connected(profile), gone]));
  await client.ready;
  await client.send('WebDriver:NewSession', { capabilities: { alwaysMatch: { unhandledPromptBehavior: 'accept' } } });
  return {
    client,
    async stop() {
      client.end();
      child.kill('SIGTERM');
      const ended = await Promise.race([gone.catch(() => true), pause(10_000)]);
      if (!ended) child.kill('SIGKILL');
    },
  };
}

const QUIET = {
  'marionette.port': 0, // any free one; the profile then says which
  'app.update.disabledForTesting': true,
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.page': 0,
  'browser.aboutwelcome.enabled': false,
  'browser.tabs.remote.separatePrivilegedContentProcess': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'toolkit.telemetry.reportingpolicy.firstRun': false,
  'extensions.update.enabled': false,
  'extensions.getAddons.cache.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'services.settings.server': 'data:,#remote-settings-dummy/v1',
  'browser.safebrowsing.update.enabled': false,
};

const PORT = 'MarionetteActivePort';

/** Firefox writes the port down as soon as it listens. */
async function connected(profile) {
  for (;;) {
    const port = Number(await readFile(join(profile, PORT), 'utf8').catch(() => ''));
    if (port) {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      return socket;
    }
    await pause(50);
  }
}

export class Marionette {
  #socket;
  #received = Buffer.alloc(0);
  #waiting = new Map();
  #last = 0;
  #turn = Promise.resolve();

  constructor(socket) {
    this.#socket = socket;
    this.ready = new Promise((resolve) => {
      this.greet = resolve;
    });
    socket.on('data', (bytes) => this.#take(bytes));
    socket.on('error', () => {});
    socket.on('close', () => {
      for (const { reject, command } of this.#waiting.values()) reject(new Error(`${command}: Firefox is gone`));
      this.#waiting.clear();
    });
  }

  #take(bytes) {
    this.#received = Buffer.concat([this.#received, bytes]);
    for (;;) {
      const colon = this.#received.indexOf(':');
      if (colon < 0) return;
      const end = colon + 1 + Number(this.#received.subarray(0, colon).toString());
      if (this.#received.length < end) return;
      const message = JSON.parse(this.#received.subarray(colon + 1, end).toString());
      this.#received = this.#received.subarray(end);
      if (!Array.isArray(message)) {
        this.greet(message);
        continue;
      }
      const [, id, error, result] = message;
      const { resolve, reject, command } = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error) reject(new MarionetteError(command, error));
      else resolve(result);
    }
  }

  /** Sends one command; resolves to its result. */
  send(command, parameters = {}) {
    return new Promise((resolve, reject) => {
      const id = (this.#last += 1);
      this.#waiting.set(id, { resolve, reject, command });
      const text = JSON.stringify([0, id, command, parameters]);
      this.#socket.write(`${Buffer.byteLength(text)}:${text}`);
    });
  }

  /** Does several commands with none of another's between: which window is spoken to is a state. */
  alone(work) {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** Runs a function with the browser's own rights. */
  chrome(work, ...args) {
    return this.alone(async () => {
      await this.send('Marionette:SetContext', { value: 'chrome' });
      try {
        return await this.run(work, args);
      } finally {
        await this.send('Marionette:SetContext', { value: 'content' });
      }
    });
  }

  /** Runs a function in the window that is spoken to; resolves to what it resolves to. */
  async run(work, args) {
    const script = `const done = arguments[arguments.length - 1];
      Promise.resolve((${work})(...[...arguments].slice(0, -1)))
        .then((value) => done({ value }), (error) => done({ error: String(error) }));`;
    const { value } = await this.send('WebDriver:ExecuteAsyncScript', { script, args, scriptTimeout: 30_000 });
    // Firefox gives null when the document has gone meanwhile.
    if (value === null) throw new MarionetteError('WebDriver:ExecuteAsyncScript', { error: 'no such document', message: 'it went away' });
    if (value.error !== undefined) throw new Error(value.error);
    return value.value;
  }

  /** Opens a tab, with an address of an extension too; resolves to the window's handle. */
  open(url) {
    return this.chrome((at) => {
      const { gBrowser, ChromeUtils } = window;
      const { NavigableManager } = ChromeUtils.importESModule('chrome://remote/content/shared/NavigableManager.sys.mjs');
      const tab = gBrowser.addTrustedTab(at);
      gBrowser.selectedTab = tab;
      return NavigableManager.getIdForBrowser(tab.linkedBrowser);
    }, url);
  }

  /** Lets go of the connection; Firefox goes on until it is told otherwise. */
  end() {
    this.#socket.destroy();
  }
}
