// What a page can observe beside addresses, in several hundred small cases (tests/e2e/pages/conformance), is
// the same with the extension and without, but for what is listed here.

import { expect, test } from '../fixtures.js';
import { DIFFERENCES } from '../differences.js';

const HOSTS = { 'allow': 'allow', 'public-only': 'public', 'relay-only': 'relay', 'block': 'block' };
const UNDER_BLOCK = ['idl']; // where no connection is made, interfaces are all there is to see

async function observe(engine, browser, url, groups) {
  const page = await browser.context.newPage();
  const said = [];
  page.on('console', (message) => said.push(message.text()));
  try {
    await page.goto(url);
    const observed = {};
    const client = engine === 'chromium' ? await browser.context.newCDPSession(page) : null;
    const all = await page.evaluate(() => globalThis.groups); // once the policy is there
    for (const group of groups ?? all) {
      Object.assign(observed, await page.evaluate((name) => globalThis.observe(name), group));
      // Chromium counts connections, of which it takes 500, until they are collected.
      await client?.send('HeapProfiler.collectGarbage');
    }
    return { ...observed, console: said.filter((one) => /iceveil|extension|native:code/i.test(one)).join('; ') };
  } finally {
    await page.close();
  }
}

/** The cases that two runs tell apart. */
const apart = (one, other) => Object.keys({ ...one, ...other }).filter((key) => one[key] !== other[key]).sort();

let without; // two observations of the same browser without the extension
test.beforeAll(async ({ engine, plain, peer }) => {
  const url = `${peer.origin('allow')}/conformance/index.html`;
  without = [await observe(engine, plain, url), await observe(engine, plain, url)];
});

test('the cases say the same twice, and there are many', () => {
  const [one, other] = without;
  expect(apart(one, other).map((key) => `${key}: ${one[key]} | ${other[key]}`)).toEqual([]);
  expect(Object.keys(one).length).toBeGreaterThan(500);
  expect(Object.entries(one).filter(([, said]) => said.startsWith('the case failed')).map(([key, said]) => `${key}: ${said}`)).toEqual([]);
  expect(Object.keys(one).filter((key) => one[key] === 'took too long')).toEqual([]);
});

for (const [policy, host] of Object.entries(HOSTS)) {
  test(`under ${policy} a page observes what it does without the extension, but for what is listed`, async ({ engine, guarded, peer }) => {
    const observed = await observe(engine, guarded, `${peer.origin(host)}/conformance/index.html`, policy === 'block' ? UNDER_BLOCK : undefined);
    const listed = DIFFERENCES.filter((one) => one.policies.includes(policy) && one.engines.includes(engine)).map(({ name }) => name);
    const seen = ([key]) => policy !== 'block' || [...UNDER_BLOCK, 'console'].includes(key.split(':')[0]);
    const found = apart(Object.fromEntries(Object.entries(without[0]).filter(seen)), observed);
    const unexpected = found.filter((key) => !listed.includes(key));
    expect(unexpected.map((key) => `${key}\n  without: ${without[0][key]}\n  with:    ${observed[key]}`).join('\n')).toBe('');
    // A listed case that doesn't differ any more has no place in the list.
    expect(listed.filter((name) => !found.includes(name))).toEqual([]);
  });
}
