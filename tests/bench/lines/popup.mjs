// The popup from its opening to where it can be used, with much to show.

import { ATTEMPTS, crowd, SITES, usable } from '../../e2e/people/crowd.js';
import { openFirefox } from '../../e2e/people/firefox.js';
import { call, openChromium, SETTINGS, theatre } from '../../e2e/people/stage.js';
import { exponent, summary } from '../table.mjs';

const OPENERS = { chromium: openChromium, firefox: openFirefox };

function line(engine) {
  return {
    name: `popup-${engine}`,
    about: `the popup's opening in ${engine}, with ${ATTEMPTS} attempts and ${SITES} sites`,
    async run(stage) {
      const peer = await stage.peer();
      const browser = await OPENERS[engine]({ port: peer.port, settings: SETTINGS });
      try {
        const scene = theatre(browser, peer);
        await scene.visit('other');
        const url = `${peer.origin('other')}/probe.html`;
        // In its first seconds a browser doesn't say what is managed, and the popup waits for that a moment.
        await call(scene, (api) => api.storage.managed.get(null).catch(() => {}));
        const points = [];
        let times;
        for (const share of [0.01, 0.1, 1]) {
          await crowd(scene, url, share);
          times = [];
          for (let n = 0; n < 7; n += 1) times.push(await usable(scene, url));
          times.shift();
          points.push([share, summary(times).median]);
        }
        return [
          { what: `usable, ${ATTEMPTS} attempts, ${SITES} sites`, unit: 'ms', ours: times, budget: { most: 150 } },
          { what: 'growth with attempts and sites', unit: '(exponent)', ours: [exponent(points)], budget: { exponent: 1.1 } },
        ];
      } finally {
        await browser.close();
      }
    },
  };
}

export const lines = [line('chromium'), line('firefox')];
