// What a hostile page tries beyond the table. "Unguarded" is seen under `block`, where a guarded realm refuses.

import { expect, test } from '../fixtures.js';

const settled = (page) =>
  page.evaluate(async () => {
    try {
      new RTCPeerConnection().close();
    } catch {
      // Refused at once: the policy is there.
    }
    await new Promise((resolve) => setTimeout(resolve, 1500));
  });

const ROADS = {
  'document.body': (frame) => {
    const body = document.createElement('body');
    body.append(frame);
    document.body = body;
  },
  'table.caption': (frame) => {
    const table = document.createElement('table');
    document.body.append(table);
    const caption = document.createElement('caption');
    caption.append(frame);
    table.caption = caption;
  },
  'a stack used up': (frame) => {
    const deeper = () => {
      try {
        deeper();
      } catch {
        // No room left: up again.
      }
      if (frame.parentNode) return;
      try {
        document.body.appendChild(frame);
      } catch {
        // Not yet.
      }
    };
    deeper();
  },
};

for (const [name, road] of Object.entries(ROADS)) {
  test(`window[0] is guarded after ${name}`, async ({ visit }) => {
    const page = await visit('block');
    await settled(page);
    const outcome = await page.evaluate((source) => {
      const frame = document.createElement('iframe');
      frame.src = '/probe.html';
      (0, eval)(`(${source})`)(frame);
      try {
        new window[0].RTCPeerConnection().close();
        return 'made';
      } catch (error) {
        return error.name;
      }
    }, road.toString());
    expect(outcome).toBe('NotSupportedError');
  });
}
