// How often, and for how long, a page that lies in wait finds a window unguarded after a navigation:
// `node race.mjs [chromium|firefox] [rounds]`. Prints one line for each way of waiting and each address.
// A page that waits by tasks of the highest priority keeps the navigation itself from coming.

import { play, serve } from './attacks/stage.js';
import { launch } from './browsers.js';

const [engine = 'chromium', rounds = '40'] = process.argv.slice(2);
const site = await serve();
const browser = await launch(engine, { extension: true, port: new URL(site.origin).port });

/** Runs in the page. `wait(again)` has `again` called as soon as a page's own means allow. */
const race = (wait, address) => `async (stage) => {
  const wait = (${wait})();
  let found = 0;
  let longest = 0;
  for (let round = 0; round < ${rounds}; round += 1) {
    const frame = stage.frame('/page');
    document.body.append(frame);
    await stage.loaded(frame);
    const view = window[0];
    const before = view.document;
    view.location = '${address}';
    const began = await new Promise((resolve) => {
      const look = () => {
        if (view.document === before) wait(look);
        else resolve(performance.now());
      };
      wait(look);
    });
    stage.got.length = 0;
    stage.check(view);
    if (stage.got[0] !== 'seen') {
      found += 1;
      await new Promise((resolve) => {
        const look = () => {
          stage.got.length = 0;
          stage.check(view);
          if (stage.got[0] === 'seen') resolve();
          else wait(look);
        };
        wait(look);
      });
      longest = Math.max(longest, performance.now() - began);
    }
    frame.remove();
  }
  stage.got.length = 0;
  stage.got.push(found, longest);
}`;

const ways = {
  'messages': () => {
    const { port1, port2 } = new MessageChannel();
    let next = null;
    port1.onmessage = () => next();
    return (again) => {
      next = again;
      port2.postMessage(0);
    };
  },
  'timers': () => (again) => setTimeout(again, 0),
};

/** The same for an element whose window comes when the browser likes. */
const coming = (tag) => `async (stage) => {
  let found = 0;
  for (let round = 0; round < ${rounds}; round += 1) {
    const made = document.createElement('${tag}');
    made.type = 'text/html';
    made.${tag === 'object' ? 'data' : 'src'} = '/page?next';
    document.body.append(made);
    await stage.poll(() => window.length && (stage.check(window[0]), true));
    if (stage.got.pop() !== 'seen') found += 1;
    made.remove();
  }
  stage.got.length = 0;
  stage.got.push(found);
}`;

for (const tag of ['object', 'embed']) {
  const page = await browser.context.newPage();
  await page.goto(`${site.origin}/`);
  const [found] = await page.evaluate(play, { source: coming(tag), engine });
  console.log(`${engine}: <${tag}> by messages: unguarded ${found} of ${rounds} times`);
  await page.close();
}

for (const [name, way] of Object.entries(ways)) {
  for (const address of ['/page?next', '/slow-body']) {
    const page = await browser.context.newPage();
    await page.goto(`${site.origin}/`);
    const [found, longest] = await page.evaluate(play, { source: race(way, address), engine });
    console.log(`${engine}: by ${name}, ${address}: unguarded ${found} of ${rounds} times, at most ${longest.toFixed(1)} ms`);
    await page.close();
  }
}
await browser.close();
site.stop();
