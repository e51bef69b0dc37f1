import init, { welcome } from './app.js';

await init();
await welcome();
