// What is looked for on the pages, in either browser.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { expect } from './stage.js';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** Lets axe-core look for what keeps people out. */
export async function check(page, what) {
  // A function that is sent as this text: the page's own CSP lets no other script in.
  const text = `() => {
    ${await readFile(AXE, 'utf8')}
    return window.axe.run().then(({ violations }) =>
      violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ target }) => target.join(' ')).join(', ')));
  }`;
  const found = await page.evaluate(Object.assign(() => {}, { toString: () => text }));
  expect(found, what).toEqual([]);
}

/** By how many pixels a page is wider than its window. */
export const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** What of a page's words is cut off, at its sides or by another. */
const cut = (page) => page.evaluate(() => {
  const words = document.querySelectorAll('button, summary, legend, label, p, h1, h2, h3, li span, bdi, select, input');
  return [...words]
    .filter((element) => element.checkVisibility() && element.clientWidth > 0 && !element.closest('.scroll'))
    .filter((element) => {
      const frame = (element.parentElement.closest('.choices, .list, .group, .notice, .toast') ?? document.documentElement).getBoundingClientRect();
      const box = element.getBoundingClientRect();
      const outside = box.left < frame.left - 1 || box.right > frame.right + 1;
      return outside || (element.matches('button, summary, .outcome') && element.scrollWidth > element.clientWidth + 1);
    })
    .map((element) => `${element.tagName.toLowerCase()}#${element.id}: ${element.textContent.trim().slice(0, 40)}`);
});

/** Which of a page's words lie over one another. */
export const overlaps = (page) => page.evaluate(() => {
  const walker = document.createTreeWalker(document.body, 4); // texts
  const boxes = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    // What is fixed lies over the page, what scrolls is cut where it ends, and a select's options aren't on it.
    if (!node.data.trim() || !node.parentElement.checkVisibility() || node.parentElement.closest('.toast, header, option, script, .scroll, .preview .list')) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const { left, right, top, bottom } of range.getClientRects()) boxes.push({ left, right, top, bottom, node });
  }
  const crossed = [];
  for (const [n, one] of boxes.entries()) {
    for (const other of boxes.slice(n + 1)) {
      if (one.node === other.node) continue;
      const wide = Math.min(one.right, other.right) - Math.max(one.left, other.left);
      const high = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
      // A line's box is higher than its letters.
      if (wide > 1 && high > 0.35 * Math.min(one.bottom - one.top, other.bottom - other.top)) {
        crossed.push(`${one.node.data.trim().slice(0, 30)} × ${other.node.data.trim().slice(0, 30)}`);
      }
    }
  }
  return crossed;
});

/** Nothing is cut off, lies over another or overflows in a narrow window, with text at twice its size. */
export async function fits(page, state) {
  for (const [width, size] of [[780, '200%'], [360, '200%'], [320, '200%'], [320, '100%']]) {
    await page.setViewportSize({ width, height: 600 });
    await page.evaluate((fontSize) => {
      document.documentElement.style.fontSize = fontSize;
    }, size);
    const what = `${state} ${width} ${size}`;
    expect(await cut(page), what).toEqual([]);
    expect(await overlaps(page), what).toEqual([]);
    expect(await overflow(page), what).toBeLessThanOrEqual(0);
  }
}

/** With the person's own colours every choice and every chip is told by its shape, and nothing moves that need not. */
export async function shaped(page, state) {
  await page.emulateMedia({ forcedColors: 'active', reducedMotion: 'reduce' });
  const found = await page.evaluate(() => {
    const look = (element) => getComputedStyle(element);
    const visible = (selector) => [...document.querySelectorAll(selector)].filter((one) => one.checkVisibility());
    return {
      forced: window.matchMedia('(forced-colors: active)').matches,
      unmarked: visible('.choice:has(:checked)').filter((one) => look(one).outlineStyle === 'none').length,
      unframed: visible('.outcome, .notice, .verdict, button:not(.link, header button), .card').filter((one) => look(one).borderTopStyle === 'none').length,
      // A glyph that keeps its own colour is lost on another ground.
      ungiven: visible('.glyph').filter((one) => look(one).fill !== look(one).color).length,
      moving: [...document.querySelectorAll('*')].filter((one) => look(one).animationName !== 'none' || look(one).transitionDuration !== '0s').length,
    };
  });
  expect(found, state).toEqual({ forced: true, unmarked: 0, unframed: 0, ungiven: 0, moving: 0 });
}

/** Until the page has stopped changing: a list that was just written is made anew when the storage says so. */
const settled = (page) => page.evaluate(() => new Promise((resolve) => {
  let timer = setTimeout(resolve, 300);
  new MutationObserver(() => {
    clearTimeout(timer);
    timer = setTimeout(resolve, 300);
  }).observe(document.body, { subtree: true, childList: true });
}));

/** Walks through the page by Tab: every control is reached, in the order in which they stand, and shows it. */
export async function walk(page, what) {
  await settled(page);
  const stops = await page.evaluate(() => {
    window.scrollTo(0, 0);
    const groups = new Set();
    const all = [...document.querySelectorAll('button, input, select, summary, [tabindex="0"]')].filter((element) => {
      if (!element.checkVisibility() || element.matches(':disabled')) return false;
      if (element.type !== 'radio') return true;
      // One stop for a group of radio buttons: the one that is checked.
      if (groups.has(element.name) || !element.checked) return false;
      groups.add(element.name);
      return true;
    });
    const ltr = getComputedStyle(document.documentElement).direction === 'ltr';
    const stands = (element) => {
      const { left, right, top, bottom } = element.getBoundingClientRect();
      return { start: ltr ? left : -right, top, bottom };
    };
    const disorder = all.slice(1).filter((element, index) => {
      const [before, after] = [stands(all[index]), stands(element)];
      const below = after.top >= before.bottom - 4;
      const beside = after.bottom > before.top && after.start >= before.start;
      return !below && !beside && !element.closest('.toast');
    });
    all.forEach((element, index) => element.setAttribute('data-stop', String(index)));
    const heading = document.querySelector('h1');
    heading.tabIndex = -1;
    heading.focus();
    return { names: all.map((element) => element.id || element.outerHTML.slice(0, 60)), disorder: disorder.map((element) => element.outerHTML) };
  });
  expect(stops.disorder, `${what}: controls that come later than they stand`).toEqual([]);
  const seen = [];
  while (seen.length < stops.names.length) {
    await page.keyboard.press('Tab');
    seen.push(await page.evaluate(() => {
      const { activeElement } = document;
      const lit = [activeElement, activeElement.closest('.choice')].some((element) => element && getComputedStyle(element).outlineStyle !== 'none');
      return `${activeElement.getAttribute('data-stop')}${lit ? '' : ' without an outline'}`;
    }));
  }
  expect(seen, `${what}: ${stops.names.join(', ')}`).toEqual(stops.names.map((_, index) => String(index)));
}
