// The two browsers, with the packaged extension or without.

import { createHash, X509Certificate } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium, firefox } from '@playwright/test';
import { HOSTS, network } from './peer.js';

export const dist = resolve(process.env.ICEVEIL_DIST ?? join(import.meta.dirname, '../../dist'));

/** The settings of the tests: a policy for each host of the site. */
export const SETTINGS = {
  version: 1,
  defaultPolicy: 'relay-only',
  sites: {
    'allow.iceveil.test': 'allow',
    'public.iceveil.test': 'public-only',
    'relay.iceveil.test': 'relay-only',
    'block.iceveil.test': 'block',
    'localhost': 'block', // the attacks' own site
  },
  browserProtection: 'off',
};

/**
 * Launches a browser. `port` is the site's; `microphone` grants it and the camera to the hosts
 * that begin with "mic" (in Firefox to all); `proxy` is `{kind: 'http' | 'socks', at: 'address:port'}`;
 * `profile` is a folder that is kept; `besides` are folders of other extensions, `folder` is Iceveil's own,
 * `language` the browser's, `binary` its program, `packed` says that this brings the extension, and `flags` are
 * more of its arguments (all Chromium only);
 * `archive` is the packaged extension (Firefox only);
 * `certificate` is one in PEM that it takes (Firefox then takes any).
 * Resolves to `{context, set, close}`; `set` stores settings (Chromium only). Settings that are `null` leave
 * those of a kept profile.
 */
export async function launch(engine, { extension, microphone = true, settings = SETTINGS, folder = `${dist}/chrome`, proxy = null, profile: kept = null, ...more }) {
  const profile = kept ?? (await mkdtemp(join(tmpdir(), `iceveil-${engine}-`)));
  const start = engine === 'chromium' ? startChromium : startFirefox;
  // Firefox now and then isn't ready for its first question: then once more.
  const once = () => start(profile, { extension, microphone, settings, folder, proxy, ...more });
  const made = await once().catch(once);
  return {
    ...made,
    async close() {
      await made.context.close();
      if (!kept) await rm(profile, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** The program of Chromium. */
export const chromiumBinary = process.env.ICEVEIL_CHROMIUM ?? '/usr/bin/chromium';

async function startChromium(profile, { extension, port, settings, besides = [], language = 'en', folder, proxy, certificate, binary = chromiumBinary, packed = false, flags = [] }) {
  const folders = [folder, ...besides].join(',');
  const origins = HOSTS.map((host) => `http://${host}:${port}`);
  const args = [
    '--headless=new',
    '--no-sandbox',
    `--lang=${language}`,
    '--use-fake-device-for-media-stream',
    `--unsafely-treat-insecure-origin-as-secure=${origins.join(',')}`,
    ...(network.lab ? [] : ['--host-resolver-rules=MAP *.iceveil.test 127.0.0.1']),
    ...(proxy ? [`--proxy-server=${proxy.kind === 'socks' ? 'socks5' : 'http'}://${proxy.at}`] : []),
    ...(certificate ? [`--ignore-certificate-errors-spki-list=${keyHash(certificate)}`] : []),
    ...flags,
    ...(extension && !packed ? [`--load-extension=${folders}`, `--disable-extensions-except=${folders}`] : []),
  ];
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: binary,
    env: { ...process.env, LANGUAGE: language },
    headless: false, // the flag below instead: the old headless mode has no extensions
    args,
    // With the last one it looks for no extension that is installed for all.
    ignoreDefaultArgs: ['--disable-extensions', '--disable-back-forward-cache', '--disable-default-apps'],
  });
  for (const origin of origins.filter((one) => one.includes('//mic.'))) {
    await context.grantPermissions(['microphone', 'camera'], { origin });
  }
  let set = null;
  if (extension) {
    const ours = (one) => one.url().endsWith('/background.js');
    const worker = context.serviceWorkers().find(ours) ?? (await context.waitForEvent('serviceworker', ours));
    set = (value) => worker.evaluate((settings_) => chrome.storage.local.set({ settings: settings_ }), value);
    if (settings) await set(settings);
    return { context, set, worker, id: new URL(worker.url()).host };
  }
  return { context, set };
}

/** The hash by which Chromium knows a certificate's key. */
const keyHash = (pem) =>
  createHash('sha256').update(new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' })).digest('base64');

/** The extension's id in Firefox, and the address that the profiles of the tests give it. */
export const FIREFOX_ID = 'iceveil@iceveil.invalid';
export const FIREFOX_UUID = '3c0dd5d2-7a1b-4d53-9d28-1ce5e11ce0e1';

/** The packaged extension of Firefox. */
export async function packaged() {
  const zip = (await readdir(dist)).find((name) => /^iceveil-firefox-.*\.zip$/.test(name));
  if (!zip) throw new Error(`no Firefox package in ${dist}: run ./build.sh`);
  return join(dist, zip);
}

/** Puts the extension, packaged or that of an `archive`, and its settings into a profile of Firefox. */
export async function furnish(profile, settings, archive) {
  await mkdir(join(profile, 'extensions'), { recursive: true });
  await cp(archive ?? (await packaged()), join(profile, 'extensions', `${FIREFOX_ID}.xpi`));
  // With this file and the preference below the settings are there before the first page is.
  const store = join(profile, 'browser-extension-data', FIREFOX_ID);
  await mkdir(store, { recursive: true });
  await writeFile(join(store, 'storage.js'), JSON.stringify({ settings }));
}

/** Firefox's preferences: the extension without questions asked, and the hosts of the site. */
export const firefoxPrefs = ({ microphone }) => ({
  'extensions.autoDisableScopes': 0,
  'extensions.enabledScopes': 15,
  'extensions.startupScanScopes': 15,
  'xpinstall.signatures.required': false,
  'extensions.webextensions.uuids': JSON.stringify({ [FIREFOX_ID]: FIREFOX_UUID }),
  'extensions.webextensions.ExtensionStorageIDB.enabled': false,
  'dom.disable_open_during_load': false,
  'media.navigator.permission.disabled': true,
  'media.navigator.streams.fake': true,
  'media.devices.insecure.enabled': true,
  'media.getusermedia.insecure.enabled': true,
  ...(microphone ? { 'permissions.default.microphone': 1, 'permissions.default.camera': 1 } : {}),
  ...(network.lab ? {} : {
    'network.dns.localDomains': HOSTS.join(','),
    'media.peerconnection.ice.loopback': true,
  }),
});

/** The program of Firefox. */
export const firefoxBinary = process.env.ICEVEIL_FIREFOX ?? '/usr/bin/firefox-esr';

async function startFirefox(profile, { extension, microphone, settings, proxy, certificate, archive, prefs }) {
  if (extension && settings) await furnish(profile, settings, archive);
  const context = await firefox.launchPersistentContext(profile, {
    channel: 'moz-firefox',
    executablePath: firefoxBinary,
    headless: true,
    timeout: 60_000, // so that there is time for a second try
    ignoreHTTPSErrors: Boolean(certificate),
    firefoxUserPrefs: { ...firefoxPrefs({ microphone }), ...(proxy ? proxyPreferences(proxy) : {}), ...prefs },
  });
  return { context, set: null };
}

function proxyPreferences({ kind, at }) {
  const [address, port] = at.split(':');
  const named = (name) => ({ [`network.proxy.${name}`]: address, [`network.proxy.${name}_port`]: Number(port) });
  return {
    'network.proxy.type': 1,
    ...(kind === 'socks' ? { ...named('socks'), 'network.proxy.socks_remote_dns': true } : { ...named('http'), ...named('ssl') }),
  };
}
