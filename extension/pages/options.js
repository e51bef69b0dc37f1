import init, { options } from './app.js';

await init();
await options();
