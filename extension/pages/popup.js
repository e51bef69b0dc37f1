import init, { popup } from './app.js';

await init();
await popup();
