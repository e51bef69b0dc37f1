// The guard as plain JavaScript, injected only where a page's CSP forbids WebAssembly.
import * as exports from './guard-twin.js';

globalThis.iceveilTwin?.(exports);
