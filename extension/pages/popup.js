import init, { popup } from './app.js';

await init();
await popup();
// What the tests and the benchmark measure.
performance.mark('usable');
