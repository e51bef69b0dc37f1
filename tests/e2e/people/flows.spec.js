// What people do, in both browsers: each step with what Chromium's pages and Firefox's tabs both have.

import { call, expect, gather, record, test } from './stage.js';

/** Asks until a page's element says this. */
const says = (page, selector, words) => expect.poll(() => page.textContent(selector), selector).toMatch(words);

const shows = (page, selector, shown = true) => expect.poll(() => page.isVisible(selector), selector).toBe(shown);

const sites = async (stage) => (await stage.stored())?.sites;

const refuses = (page) => page.evaluate(() => {
  try {
    new RTCPeerConnection().close();
    return 'made';
  } catch (error) {
    return error.name;
  }
});

/** Calls the companion peer from a page; resolves to whether anything can be said to it. */
const calls = (page) => page.evaluate(async () => {
  const connection = new RTCPeerConnection();
  const channel = connection.createDataChannel('call');
  const within = (ms, target, event, there) => new Promise((resolve) => {
    target.addEventListener(event, () => there() && resolve());
    setTimeout(resolve, there() ? 0 : ms);
  });
  await connection.setLocalDescription();
  await within(20_000, connection, 'icegatheringstatechange', () => connection.iceGatheringState === 'complete');
  const { id } = await (await fetch('/api/clients', { method: 'POST' })).json();
  const headers = { 'content-type': 'application/sdp' };
  const answer = await fetch(`/api/clients/${id}/offer`, { method: 'POST', headers, body: connection.localDescription.sdp });
  await connection.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
  await within(4000, channel, 'open', () => channel.readyState === 'open');
  const { readyState } = channel;
  connection.close();
  return readyState === 'open';
});

const count = (page, selector) => page.evaluate((of) => document.querySelectorAll(of).length, selector);

test('the verdict is read, and follows the page', async ({ stage, peer }) => {
  const page = await stage.visit('relay');
  const popup = await stage.popup(`${peer.origin('relay')}/probe.html`);
  expect(await popup.textContent('#site')).toBe('relay.iceveil.test');
  expect(await popup.textContent('#verdict-text')).toBe('This site hasn’t used WebRTC on this page.');
  expect(await popup.isChecked('input[name=policy][value=relay-only]')).toBe(true);
  expect(await gather(page)).toEqual([]);
  await says(popup, '#verdict-text', /^This site uses WebRTC, but hasn’t asked for your addresses\.$/);
  await shows(popup, '#no-relay');
  await popup.click('input[name=policy][value=public-only]');
  await shows(popup, '#no-relay', false);
  await expect.poll(() => gather(page)).not.toEqual([]);
  await says(popup, '#verdict-text', /^This site tried to read .* times\. /);
  await shows(popup, '#group-candidate');
});

test('a policy chosen for good takes effect at once and lasts', async ({ stage, peer }) => {
  const page = await stage.visit('relay');
  const popup = await stage.popup(`${peer.origin('relay')}/probe.html`);
  await popup.click('input[name=policy][value=allow]');
  await expect.poll(() => sites(stage)).toEqual({ 'relay.iceveil.test': 'allow' });
  await says(popup, '#rule', /^This site has a rule of its own\.$/);
  await expect.poll(() => gather(page)).not.toEqual([]);
  await popup.click('#follow-default');
  await expect.poll(() => sites(stage)).toEqual({});
  await expect.poll(() => gather(page)).toEqual([]);
});

test('a policy until the tab is closed ends with the tab', async ({ stage, peer }) => {
  const page = await stage.visit('relay');
  const popup = await stage.popup(`${peer.origin('relay')}/probe.html`);
  await popup.click('input[name=duration][value=tab]');
  await popup.click('input[name=policy][value=allow]');
  await says(popup, '#rule', /^Ends when this tab is closed\.$/);
  await expect.poll(() => gather(page)).not.toEqual([]);
  expect(await sites(stage)).toEqual({});
  await page.close();
  await popup.close();
  await expect.poll(() => call(stage, async (api) => (await api.storage.session.get('grants')).grants)).toBe('{}');
  const again = await stage.visit('relay');
  expect(await gather(again)).toEqual([]);
});

test('block refuses connections and says so', async ({ stage, peer }) => {
  const page = await stage.visit('relay');
  const popup = await stage.popup(`${peer.origin('relay')}/probe.html`);
  await popup.click('input[name=policy][value=block]');
  await expect.poll(() => refuses(page)).not.toBe('made');
  await says(popup, '#verdict-text', /It was blocked\.$/);
});

for (const [way, button, expected] of [
  ['hide local addresses', '#relay-public', { sites: { 'relay.iceveil.test': 'public-only' }, grants: [] }],
  ['allow until the tab is closed', '#relay-tab', { sites: {}, grants: [{ 'relay.iceveil.test': 'allow' }] }],
]) {
  test(`a call without relay can’t connect, and one click mends it: ${way}`, async ({ stage, peer }) => {
    const page = await stage.visit('relay');
    expect(await calls(page)).toBe(false);
    const popup = await stage.popup(`${peer.origin('relay')}/probe.html`);
    await shows(popup, '#no-relay');
    await popup.click(button);
    await shows(popup, '#no-relay', false);
    await says(popup, '#reload-text', /^Calls already open keep their old policy until the page is reloaded\.$/);
    expect(await sites(stage)).toEqual(expected.sites);
    const { grants } = await call(stage, (api) => api.storage.session.get('grants'));
    expect(Object.values(JSON.parse(grants ?? '{}'))).toEqual(expected.grants);
    await expect.poll(() => calls(page)).toBe(true);
    await shows(popup, '#reload', false);
  });
}

test('the default for all sites is at hand in the popup, and takes effect everywhere', async ({ stage, peer }) => {
  const [page, other] = [await stage.visit('relay'), await stage.visit('other')];
  await call(stage, (api, settings) => api.storage.local.set({ settings }), { version: 1, sites: { 'deep.allow.iceveil.test': 'allow' }, browserProtection: 'off' });
  const excepted = await stage.visit('deep.allow');
  const popup = await stage.popup(`${peer.origin('relay')}/probe.html`);
  await says(popup, '#default-summary', /^Default for all sites: Relay only$/);
  await popup.click('#default-summary');
  await popup.click('input[name=default][value=block]');
  await says(popup, '#default-summary', /^Default for all sites: Block$/);
  for (const one of [page, other]) await expect.poll(() => refuses(one)).not.toBe('made');
  expect(await popup.isChecked('input[name=policy][value=block]')).toBe(true);
  await says(popup, '#rule', /^No rule of its own: the default for all sites applies\.$/);
  expect(await stage.stored()).toMatchObject({ defaultPolicy: 'block', sites: { 'deep.allow.iceveil.test': 'allow' } });
  expect(await refuses(excepted)).toBe('made');
  await popup.click('input[name=default][value=public-only]');
  for (const one of [page, other]) await expect.poll(() => gather(one).catch(() => [])).not.toEqual([]);
});

test('a frame of another site is told of by itself, with a switch of its own', async ({ stage, peer }) => {
  const put = (settings) => call(stage, (api, value) => api.storage.local.set({ settings: value }), { version: 1, browserProtection: 'off', ...settings });
  const page = await stage.visit('relay');
  const load = () => page.evaluate((src) => {
    const frame = document.querySelector('iframe') ?? document.body.appendChild(document.createElement('iframe'));
    frame.src = src;
  }, `${peer.origin('other')}/tries.html`);
  await load();
  const popup = await stage.popup(`${peer.origin('relay')}/probe.html`);
  await says(popup, '#frames bdi', /^other\.iceveil\.test$/);
  await says(popup, '#frame-0-note', /^It named no relay of its own\. Under “Relay only” its calls can’t connect\.$/);
  // The page itself has done nothing, and isn't blamed.
  expect(await popup.textContent('#verdict-text')).toBe('This site hasn’t used WebRTC on this page.');
  expect(await popup.isVisible('#verdict-others')).toBe(false);
  expect(await popup.isVisible('#no-relay')).toBe(false);

  await put({ defaultPolicy: 'public-only', sites: { 'relay.iceveil.test': 'relay-only' } });
  await says(popup, '#frame-0-note', /^The page’s own policy is stricter: “Relay only” holds here too\.$/);
  await popup.click('input[name=policy][value=allow]');
  await shows(popup, '#frame-0-note', false);
  await load();
  await says(popup, '#frame-0-verdict', /^This site tried to read your .* times\./);
  await says(popup, '#verdict-others', /^Other sites on this page tried \d+ times to learn your addresses\. They got /);
  expect(await popup.textContent('#verdict-text')).toBe('This site hasn’t used WebRTC on this page.');

  await popup.selectOption('#frame-0', 'block');
  await expect.poll(() => sites(stage)).toEqual({ 'relay.iceveil.test': 'allow', 'other.iceveil.test': 'block' });
  await load();
  await popup.click('#group-connection summary');
  await says(popup, '#group-connection-rows', /Refused/);
  expect(await gather(page)).not.toEqual([]);
});

test('what was tried last stands first, also while it is looked at', async ({ stage, peer }) => {
  const url = `${peer.origin('relay')}/probe.html`;
  await call(stage, (api, settings) => api.storage.local.set({ settings }), { version: 1, sites: { 'relay.iceveil.test': 'public-only' }, browserProtection: 'off' });
  const page = await stage.visit('relay');
  const popup = await stage.popup(url);
  const first = () => popup.evaluate(() => document.querySelector('#attempts > details')?.id ?? null);
  await page.evaluate(async () => {
    window.connection = new RTCPeerConnection();
    window.connection.createDataChannel('test');
    await window.connection.setLocalDescription();
  });
  await shows(popup, '#group-candidate');
  await page.evaluate(() => window.connection.localDescription.sdp.length);
  await expect.poll(first).toBe('group-description');
  await page.evaluate(() => {
    window.connection = new RTCPeerConnection();
    window.connection.createDataChannel('test');
  });
  await expect.poll(first).toBe('group-connection');
  await page.evaluate(() => window.connection.setLocalDescription());
  await expect.poll(first).toBe('group-candidate');

  // Within a group too.
  const row = (detail, last) => ({ surface: 'candidate', kind: 'host', class: 'private', outcome: 'hidden', detail, host: 'relay.iceveil.test', count: 1, first: 1, last });
  const details = () => popup.evaluate(() => Array.from(document.querySelectorAll('#group-candidate-rows .detail'), (one) => one.textContent));
  await record(stage, url, [row('10.0.0.1', 1), row('10.0.0.2', 3), row('10.0.0.3', 2)]);
  await expect.poll(first).toBe('group-candidate');
  await popup.click('#group-candidate summary');
  await popup.click('#show-addresses');
  await expect.poll(details).toEqual(['10.0.0.2', '10.0.0.3', '10.0.0.1']);
  await record(stage, url, [row('10.0.0.1', 4), row('10.0.0.2', 3), row('10.0.0.3', 2)]);
  await expect.poll(details).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.3']);
});

test('sites are added, searched, removed and brought back', async ({ stage }) => {
  const page = await stage.options();
  for (const [host, policy] of [['MÜNCHEN.example', 'allow'], ['*.meet.example', 'public-only']]) {
    await page.fill('#site-host', host);
    await page.selectOption('#site-policy', policy);
    await page.click('#site-save');
    await says(page, '#sites', host.replace('*.', '').toLowerCase());
  }
  expect(await sites(stage)).toEqual({ 'xn--mnchen-3ya.example': 'allow', 'meet.example': 'public-only' });
  await page.fill('#site-search', 'münch');
  await expect.poll(() => count(page, '#sites li')).toBe(1);
  await says(page, '#site-count', /^1 site$/);
  await page.click('#sites [data-action=remove]');
  await expect.poll(() => sites(stage)).toEqual({ 'meet.example': 'public-only' });
  await page.click('#undo');
  await expect.poll(() => sites(stage)).toEqual({ 'xn--mnchen-3ya.example': 'allow', 'meet.example': 'public-only' });
});

test('what is exported can be imported after a look at it, and taken back', async ({ stage, importing }) => {
  await call(stage, (api, settings) => api.storage.local.set({ settings }), { version: 1, sites: { 'a.example': 'allow' } });
  const page = await stage.options();
  await expect.poll(() => count(page, '#sites li')).toBe(1);
  const exported = JSON.parse(await stage.download(page, '#export'));
  expect(exported.sites).toEqual({ 'a.example': 'allow' });

  await importing(page, JSON.stringify({ ...exported, defaultPolicy: 'block', sites: { 'b.example': 'public-only' } }));
  await expect.poll(() => count(page, '#preview-rows li')).toBe(3);
  await says(page, '#preview-rows', /Relay only → Block/);
  expect(await sites(stage)).toEqual({ 'a.example': 'allow' });
  await page.click('#preview-apply');
  await expect.poll(() => sites(stage)).toEqual({ 'b.example': 'public-only' });
  await page.click('#undo');
  await expect.poll(() => sites(stage)).toEqual({ 'a.example': 'allow' });
});
