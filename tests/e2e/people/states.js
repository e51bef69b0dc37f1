// Every state of the popup, the options page and the welcome page, brought about in either browser:
// for screenshots, and for what looks at each of them.

import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { call, expect, record, SETTINGS, SOON, tabOf } from './stage.js';

export const HOST = 'relay.iceveil.test';
const OTHER = 'calls.widget.example';
const LONG = 'tracker.with-a-rather-long-name.and-many-labels.example';

const row = (surface, kind, class_, outcome, detail, count, host = HOST) => ({ surface, kind, class: class_, outcome, detail, host, count, first: 1, last: count });
const opened = row('connection', '-', '-', 'shown', '', 2);
const turn = row('server', '-', 'name', 'shown', 'turn:turn.example:3478', 1);
const stun = row('server', '-', 'name', 'removed', 'stun:stun.example:3478', 1);
const tried = [
  row('candidate', 'host', 'private', 'hidden', '192.168.1.23', 4),
  row('candidate', 'srflx', 'documentation', 'hidden', '203.0.113.7', 2),
  row('description', 'host', 'private', 'hidden', '192.168.1.23', 2, OTHER),
];
const all = [
  opened, turn, stun,
  row('server', '-', 'name', 'removed', 'stun:stun.l.example.net:19302?transport=udp', 3, LONG),
  row('candidate', 'srflx', 'public', 'changed', '198.51.100.7', 41),
  row('candidate', 'host', 'local-name', 'shown', '0b1f5a5e-2f3c-4f0e-9f0e-1a2b3c4d5e6f.local', 12),
  row('candidate', 'relay', 'public', 'shown', '198.51.100.99', 5),
  row('description', 'host', 'unique-local', 'hidden', 'fd00:1:2:3:4:5:6:7', 1234, LONG),
  row('statistics', 'prflx', 'cgnat', 'hidden', '100.64.0.9', 7, OTHER),
  row('transport', 'host', 'loopback', 'hidden', '127.0.0.1', 2),
  row('error', 'host', 'link-local', 'hidden', 'fe80::1', 2),
  row('remote', 'host', 'name', 'not-passed', 'printer.local', 2),
];

const listed = { 'meet.example': 'allow', 'eu.meet.example': 'public-only', 'xn--mnchen-3ya.example': 'allow', 'ads.example': 'block' };
const history = JSON.stringify({
  'meet.example': { tried: 1234, stopped: 12, day: 20_700 },
  [LONG]: { tried: 88, stopped: 88, day: 20_699 },
});
const MANAGED = { defaultPolicy: 'block', sites: { 'work.example': 'allow' }, browserProtection: 'proxied-only', history: false, sync: false };

const settings = (fields) => ({ ...SETTINGS, browserProtection: 'standard', ...fields });
const store = (stage, fields) => call(stage, (api, value) => api.storage.local.set(value), fields);
const listedAnd = (policy) => settings({ sites: policy ? { ...listed, [HOST]: policy } : listed });
const shows = (page, selector) => expect.poll(() => page.isVisible(selector), { ...SOON, message: selector }).toBe(true);

/** A popup about a page whose record holds `rows`; `policy` is the site's own, `used` that of its connections. */
const popup = ({ rows = [], policy = null, used = null, fields = {}, before = () => {}, then = async () => {}, shows: shown }) => async (stage) => {
  const page = await stage.visit('relay');
  const url = `${stage.origin('relay')}/probe.html`;
  await tabOf(stage, url);
  await record(stage, url, rows, used);
  await store(stage, { settings: listedAnd(policy), ...fields });
  await before(stage, url, page);
  const opened_ = await stage.popup(url);
  await then(opened_);
  await shows(opened_, shown);
  return opened_;
};

const unfold = async (page) => {
  await page.evaluate(() => {
    for (const folded of document.querySelectorAll('details')) folded.open = true;
  });
  await shows(page, '.rows li');
};

const options = ({ fields = {}, before = () => {}, then = async () => {}, shows: shown }) => async (stage) => {
  await store(stage, { settings: listedAnd(null), history, ...fields });
  await before(stage);
  const page = await stage.options();
  await then(page, stage);
  await shows(page, shown);
  return page;
};

const welcome = ({ before = () => {}, then = async () => {}, shows: shown }) => async (stage) => {
  await store(stage, { settings: settings({}) });
  await before(stage);
  const page = await stage.open('welcome.html');
  await shows(page, 'input:checked');
  await then(page);
  await shows(page, shown);
  return page;
};

const importing = (text) => async (page) => {
  const file = join(await mkdtemp(join(tmpdir(), 'iceveil-import-')), 'settings.json');
  await writeFile(file, text);
  await page.setInputFiles('#import-file', file);
};

const add = (host) => async (page) => {
  await page.fill('#site-host', host);
  await page.click('#site-save');
};

const lost = '#protection-control, #lost-text';
const broken = { settings: { version: 1, defaultPolicy: 'open' } };
const setAside = (stage) => expect.poll(() => stage.stored('settingsBroken'), SOON).toBeDefined();

/** By page and name: each brings the state about and resolves to the page that shows it. */
export const states = {
  popup: {
    quiet: popup({ shows: '#verdict[data-state=quiet]' }),
    connected: popup({ rows: [opened, turn], shows: '#group-connection' }),
    stopped: popup({ rows: [opened, turn, ...tried], shows: '#verdict[data-state=stopped]' }),
    'no-relay': popup({ rows: [opened, stun, ...tried, { ...opened, host: OTHER }], shows: '#no-relay' }),
    frames: popup({
      rows: [row('statistics', 'host', 'private', 'hidden', '192.168.1.23', 12, OTHER), row('candidate', 'srflx', 'public', 'hidden', '198.51.100.7', 3, LONG), { ...opened, host: LONG }],
      fields: { settings: settings({ sites: { [OTHER]: 'allow' } }) },
      shows: '#frame-0-note',
    }),
    got: popup({ rows: [opened, ...tried.map((one) => ({ ...one, outcome: 'shown' }))], policy: 'allow', shows: '#verdict[data-state=got]' }),
    blocked: popup({ rows: [row('connection', '-', '-', 'refused', '', 4)], policy: 'block', shows: '#follow-default' }),
    'until-closed': popup({
      rows: [opened, turn], used: 'relay-only', shows: '#reload',
      before: async (stage, url) => {
        const tab = await tabOf(stage, url);
        await call(stage, (api, grants) => api.storage.session.set({ grants }), JSON.stringify({ [tab]: { [HOST]: 'allow' } }));
      },
    }),
    parent: popup({ fields: { settings: settings({ sites: { 'iceveil.test': 'public-only' } }) }, shows: '#rule' }),
    everything: popup({
      rows: all, policy: 'public-only', used: 'block', shows: '#frames-part',
      then: async (page) => {
        await page.click('#show-addresses');
        await unfold(page);
      },
    }),
    closed: async (stage) => {
      const url = stage.engine === 'firefox' ? 'about:config' : 'chrome://version/';
      await stage.newPage(url);
      const page = await stage.popup(url);
      await expect.poll(() => page.isVisible('#site-part'), SOON).toBe(false);
      return page;
    },
    late: popup({
      shows: '#reload',
      before: (stage, url) => call(stage, async (api, at) => {
        const tabId = (await api.tabs.query({})).find((one) => one.url === at).id;
        await api.scripting.executeScript({ target: { tabId }, func: () => delete globalThis.iceveil });
      }, url),
    }),
    withheld: popup({ before: (stage) => stage.withhold(), shows: '#access' }),
    broken: popup({ fields: broken, before: setAside, shows: '#broken' }),
    failed: popup({ before: (stage) => stage.fill(), then: (page) => page.click('label:has(> input[name=policy][value=block])'), shows: '#failed' }),
    lost: popup({ rows: [opened, turn, ...tried], before: (stage) => stage.rival.take(), then: unfold, shows: lost }),
    held: popup({ before: (stage) => stage.hold(), then: (page) => page.click('#protection-summary'), shows: '#lost' }),
    managed: popup({
      before: (stage) => stage.manage(MANAGED), shows: '#site-policy:disabled',
      then: async (page) => {
        await page.click('#default-summary');
        await page.click('#protection-summary');
      },
    }),
  },
  options: {
    fresh: options({ fields: { settings: settings({}), history: '{}' }, shows: '#history-none' }),
    filled: options({ shows: '#sites li' }),
    editing: options({ then: (page) => page.click('#sites [data-action=edit]'), shows: '#site-cancel' }),
    'no-host': options({ then: add('not a host'), shows: '#site-error' }),
    unfound: options({ then: (page) => page.fill('#site-search', 'nowhere'), shows: '#site-count' }),
    preview: options({
      then: importing(JSON.stringify({ version: 1, defaultPolicy: 'block', history: false, sites: { 'meet.example': 'block', [LONG]: 'allow' } })),
      shows: '#preview-rows li',
    }),
    'no-import': options({ then: importing('{"version":1,"sites":{"a b":"allow"}}'), shows: '#import-error' }),
    undo: options({ then: (page) => page.click('#sites [data-action=remove]'), shows: '#undo' }),
    broken: options({ fields: broken, before: setAside, shows: '#broken' }),
    failed: options({ before: (stage) => stage.fill(), then: add('new.example'), shows: '#failed' }),
    unsynced: options({ before: (stage) => stage.fill('sync'), then: (page) => page.click('#sync-on'), shows: '#sync-error' }),
    lost: options({ before: (stage) => stage.rival.take(), shows: '#protection-control' }),
    held: options({ before: (stage) => stage.hold(), shows: '#protection:disabled' }),
    managed: options({ before: (stage) => stage.manage(MANAGED), shows: '#managed' }),
    'managed-broken': options({ before: (stage) => stage.manage({ defaultPolicy: 'open' }), shows: '#managed' }),
  },
  welcome: {
    fresh: welcome({ shows: '#welcome-save' }),
    saved: welcome({ then: (page) => page.click('#welcome-save'), shows: '#welcome-done:not(:empty)' }),
    failed: welcome({ before: (stage) => stage.fill(), then: (page) => page.click('#welcome-save'), shows: '#failed' }),
    lost: welcome({ before: (stage) => stage.rival.take(), shows: '#protection-standing' }),
    managed: welcome({ before: (stage) => stage.manage(MANAGED), shows: '#protection-locked' }),
  },
};

/**
 * Calls `look(page, name)` with each state, in a window as wide as such a page has: those of the pages
 * `only`, in `language` (Chromium only).
 */
export async function inEachState(stage, look, { only = Object.keys(states), language = null } = {}) {
  for (const name of only) {
    for (const [state, bring] of Object.entries(states[name])) {
      await stage.reset();
      if (language) await stage.speak(language);
      const page = await bring(stage);
      await page.setViewportSize({ width: name === 'popup' ? 384 : 900, height: 700 });
      await look(page, `${name}-${state}`);
    }
  }
  await stage.reset();
}
