// What Iceveil keeps in memory: per idle frame, per frame in a call, and in the background.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firefoxBinary, firefoxPrefs, furnish } from '../../e2e/browsers.js';
import { startFirefox } from '../../e2e/people/marionette.js';
import { openChromium, SETTINGS, theatre } from '../../e2e/people/stage.js';
import { Tab } from '../../e2e/people/tab.js';
import { exponent } from '../table.mjs';

const FRAMES = 100;
const CALLS = 20;

/** In the page: that many idle frames, kept. */
const idle = (count) => {
  for (let n = 0; n < count; n += 1) document.body.append(document.createElement('iframe'));
};

/** In the page: that many frames, each with a connection that has gathered, kept. */
const calling = async (count) => {
  globalThis.kept = await Promise.all(Array.from({ length: count }, async () => {
    const { contentWindow } = document.body.appendChild(document.createElement('iframe'));
    const pc = new contentWindow.RTCPeerConnection();
    pc.createDataChannel('bench');
    await pc.setLocalDescription();
    await new Promise((resolve) => {
      pc.addEventListener('icecandidate', ({ candidate }) => candidate === null && resolve());
    });
    return [pc, pc.localDescription.sdp, await pc.getStats()];
  }));
};

/** Kilobytes of JavaScript and of WebAssembly memory that `work` adds to a page, by the frame. */
async function added(stage, kind, work, count) {
  const peer = await stage.peer();
  const { context } = await stage.browser('chromium', kind);
  const page = await context.newPage();
  try {
    await page.goto(`${peer.origin('public')}/probe.html`);
    const session = await context.newCDPSession(page);
    const used = async () => {
      await session.send('HeapProfiler.collectGarbage');
      const { usedSize, backingStorageSize = 0 } = await session.send('Runtime.getHeapUsage');
      return (usedSize + backingStorageSize) / 1000;
    };
    await page.evaluate(work, 1); // what comes once
    const before = await used();
    await page.evaluate(work, count);
    return (await used() - before) / count;
  } finally {
    await page.close();
  }
}

/** With the browser's own rights: kilobytes that the processes of pages hold and share with nobody. */
async function held() {
  const { ChromeUtils, Services } = window;
  // Three times, as Firefox does itself: what one lets go of, the next can free.
  for (let n = 0; n < 3; n += 1) {
    Services.obs.notifyObservers(null, 'child-mmu-request');
    await new Promise((resolve) => {
      window.setTimeout(resolve, 400);
    });
  }
  const { children } = await ChromeUtils.requestProcInfo();
  const pages = children.filter(({ type }) => type.startsWith('web'));
  return pages.reduce((sum, { memory }) => sum + memory, 0) / 1000;
}

/** The same in Firefox, whose pages can't tell: what their processes hold more. */
async function addedInFirefox(stage, kind, work, count) {
  const peer = await stage.peer();
  const profile = await mkdtemp(join(tmpdir(), 'iceveil-memory-'));
  if (kind === 'on') await furnish(profile, SETTINGS);
  const { client, stop } = await startFirefox(profile, { prefs: firefoxPrefs({ microphone: false }), binary: firefoxBinary });
  try {
    const tab = new Tab(client, await client.open(`${peer.origin('public')}/probe.html`));
    await tab.loaded();
    await tab.evaluate(work, 1);
    const before = await client.chrome(held);
    await tab.evaluate(work, count);
    return ((await client.chrome(held)) - before) / count;
  } finally {
    await stop();
    await rm(profile, { recursive: true, force: true, maxRetries: 3 });
  }
}

const WORK = [['an idle frame', idle, FRAMES], ['a frame in a call', calling, CALLS]];

async function framesInFirefox(stage) {
  const rows = [];
  for (const [what, work, count] of WORK) {
    const lists = { on: [], off: [] };
    for (let round = 0; round < 3; round += 1) {
      for (const kind of Object.keys(lists)) lists[kind].push(await addedInFirefox(stage, kind, work, count));
    }
    rows.push({ what, unit: 'kB', ours: lists.on, theirs: lists.off, peer: 'without it' });
  }
  return rows;
}

async function frames(stage) {
  const rows = [];
  for (const [what, work, count] of WORK) {
    const lists = { on: [], off: [], floor: [] };
    for (let round = 0; round < 2; round += 1) {
      for (const kind of Object.keys(lists)) lists[kind].push(await added(stage, kind, work, count));
    }
    rows.push({ what, unit: 'kB', ours: lists.on, theirs: lists.off, peer: 'without it' });
    rows.push({ what, unit: 'kB', ours: lists.on, theirs: lists.floor, peer: 'two empty content scripts' });
    const points = [];
    for (const share of [100, 10, 1]) points.push([Math.ceil(count / share), (await added(stage, 'on', work, Math.ceil(count / share))) * Math.ceil(count / share)]);
    rows.push({ what: `growth with the number of frames: ${what}`, unit: '(exponent)', ours: [exponent(points)], budget: { exponent: 1.1 } });
  }
  return rows;
}

/** What the background keeps of a tab after as many attempts, each of another address. */
async function background(stage) {
  const peer = await stage.peer();
  const browser = await openChromium({ port: peer.port, settings: SETTINGS });
  try {
    const scene = theatre(browser, peer);
    await scene.visit('other');
    const url = `${peer.origin('other')}/probe.html`;
    const rows = [];
    const points = [];
    for (const attempts of [100, 1000, 10_000]) {
      const page = browser.context.pages().find((one) => one.url() === url);
      await page.evaluate(async (count) => {
        // Each names a hundred servers, all of which are taken out.
        for (let n = 0; n < count; n += 100) {
          const urls = Array.from({ length: 100 }, (_, k) => `stun:203.0.113.${k}:${1024 + n}`);
          new RTCPeerConnection({ iceServers: [{ urls }] }).close();
        }
        await new Promise((resolve) => {
          setTimeout(resolve, 2500); // until the last report
        });
      }, attempts);
      const bytes = await scene.worker.evaluate(() => chrome.storage.session.getBytesInUse(null));
      points.push([attempts, bytes]);
      rows.push({ what: `the background's record after ${attempts} attempts`, unit: 'kB', ours: [bytes / 1000] });
    }
    return [...rows, { what: 'growth of that record', unit: '(exponent)', ours: [exponent(points)], budget: { exponent: 1 } }];
  } finally {
    await browser.close();
  }
}

export const lines = [
  { name: 'memory-frames', about: 'memory of an idle frame and of one in a call, in Chromium', run: frames },
  { name: 'memory-frames-firefox', about: 'the same in Firefox', run: framesInFirefox },
  { name: 'memory-background', about: 'what the background keeps of 100 to 10,000 attempts', run: background },
];
