// What screen readers and people who use the keyboard alone have of the pages; looks.spec.js has what axe-core and
// a walk by Tab tell.

import { expect, test } from './stage.js';
import { states } from './states.js';

test.use({ rival: true });

const SPOKEN = {
  popup: ['quiet', 'no-relay', 'everything', 'managed', 'failed'],
  options: ['filled', 'preview', 'broken', 'managed'],
  welcome: ['fresh', 'lost'],
};

for (const [name, told] of Object.entries(SPOKEN)) {
  test(`what a screen reader is told of each state is as it was: ${name}`, async ({ stage, engine }) => {
    for (const state of told) {
      await stage.reset();
      const page = await states[name][state](stage);
      if (engine === 'firefox') expect(await page.spoken(), state).toMatchSnapshot(`${name}-${state}.firefox.txt`);
      else await expect(page.locator('body'), state).toMatchAriaSnapshot({ name: `${name}-${state}.aria.yml` });
    }
  });
}

const focused = (page) => page.evaluate(() => {
  const { activeElement } = document;
  return activeElement.id || `${activeElement.name ?? activeElement.tagName}=${activeElement.value ?? ''}`;
});

test('where the button that was pressed goes away, the focus goes to what it changed', async ({ stage }) => {
  for (const [state, button, expected] of [
    ['no-relay', '#relay-public', 'policy=public-only'],
    ['no-relay', '#relay-tab', 'policy=allow'],
    ['blocked', '#follow-default', 'policy=relay-only'],
  ]) {
    await stage.reset();
    const page = await states.popup[state](stage);
    await page.focus(button);
    await page.keyboard.press('Enter');
    await expect.poll(() => page.isVisible(button)).toBe(false);
    await expect.poll(() => focused(page), `${state} ${button}`).toBe(expected);
  }
  await stage.reset();
  const page = await states.options.preview(stage);
  await page.keyboard.press('Escape');
  await expect.poll(() => page.isVisible('#preview')).toBe(false);
  expect(await focused(page)).toBe('import');
  await page.focus('#reset');
  await page.keyboard.press('Enter');
  await expect.poll(() => page.isVisible('#preview')).toBe(true);
  await page.keyboard.press('Escape');
  await expect.poll(() => focused(page)).toBe('reset');
  await stage.reset();
  const broken = await states.options.broken(stage);
  await broken.focus('#broken-discard');
  await broken.keyboard.press('Enter');
  await expect.poll(() => broken.isVisible('#broken')).toBe(false);
  await expect.poll(() => focused(broken)).toBe('default=relay-only');
});
