import { defineConfig } from '@playwright/test';

// One project for each browser; each runs in one worker, so that a browser and a report are made once.
export default defineConfig({
  testDir: 'specs',
  timeout: 180_000,
  expect: { timeout: 30_000 }, // a machine with other work is slow, not wrong
  fullyParallel: false,
  workers: Number(process.env.ICEVEIL_WORKERS ?? 2),
  retries: 0,
  forbidOnly: true,
  outputDir: '../../target/e2e',
  snapshotPathTemplate: '{testDir}/aria/{arg}{ext}',
  reporter: [['list'], ['./calls/table.js'], ['./reporter.js']],
  projects: [
    { name: 'chromium', use: { engine: 'chromium' } },
    { name: 'firefox', use: { engine: 'firefox' } },
    // The popup and the options page: each worker has a browser of its own.
    { name: 'people', testDir: 'people' },
    // Calls that must go on working, judged on what arrives.
    { name: 'calls-chromium', testDir: 'calls', testIgnore: 'proxy.spec.js', use: { engine: 'chromium' } },
    { name: 'calls-firefox', testDir: 'calls', testIgnore: 'proxy.spec.js', use: { engine: 'firefox' } },
    // Datagrams are counted: no other browser may be open, for Chromium without a proxy looks up names
    // of its maker's services all the time.
    { name: 'proxy-chromium', testDir: 'calls', testMatch: 'proxy.spec.js', use: { engine: 'chromium' } },
    { name: 'proxy-firefox', testDir: 'calls', testMatch: 'proxy.spec.js', use: { engine: 'firefox' } },
    { name: 'apps-chromium', testDir: 'apps', use: { engine: 'chromium' } },
    { name: 'apps-firefox', testDir: 'apps', use: { engine: 'firefox' } },
    // Of those, what is done with what both browsers have.
    { name: 'people-firefox', testDir: 'people', testMatch: ['flows*.spec.js', 'looks.spec.js', 'rtl.spec.js', 'access.spec.js'], use: { engine: 'firefox' } },
    // Packets of one browser: these have the lab for themselves (run.sh).
    { name: 'wire-chromium', testDir: 'wire', use: { engine: 'chromium' } },
    { name: 'wire-firefox', testDir: 'wire', use: { engine: 'firefox' } },
  ],
});
