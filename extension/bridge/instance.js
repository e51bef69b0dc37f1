// Brings the guard up: as WebAssembly, or as its JavaScript twin where a page's CSP forbids that.
import { useExports } from './guard.js';
import packed from './guard.wasm.gz';

// A CSP without `wasm-unsafe-eval` forbids even the empty module, in Chromium's isolated world too.
const EMPTY_MODULE = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

function isWasmAllowed() {
  try {
    return new WebAssembly.Module(EMPTY_MODULE) !== undefined;
  } catch {
    return false;
  }
}

/** Undoes what build.mjs does to the bytes: two signs of 91 are 13 bits. */
function bytesOf(text) {
  const pairs = text.length >> 1;
  const bytes = new Uint8Array(((pairs * 13) >> 3) - (text.length % 2));
  const value = (at) => text.charCodeAt(at) - (text.charCodeAt(at) < 92 ? 35 : 36);
  let bits = 0;
  let count = 0;
  let to = 0;
  for (let at = 0; at < pairs * 2; at += 2) {
    bits |= (value(at) + value(at + 1) * 91) << count;
    for (count += 13; count > 7; count -= 8) {
      bytes[to++] = bits;
      bits >>= 8;
    }
  }
  return bytes;
}

/** The wasm as it was compiled. It is carried packed, for every frame carries it and few use it. */
async function unpack() {
  const { body } = new Response(bytesOf(packed));
  return new Response(body.pipeThrough(new DecompressionStream('gzip'))).arrayBuffer();
}

/** Calls `ready` when the guard can be asked; `fetchTwin` has the background inject the twin. */
export async function bringUp(ready, fetchTwin) {
  if (isWasmAllowed()) {
    const module = new WebAssembly.Module(await unpack());
    useExports(new WebAssembly.Instance(module, {}).exports);
    ready();
    return;
  }
  // twin.js, injected into this same world, hands over its exports.
  globalThis.iceveilTwin = (exports) => {
    delete globalThis.iceveilTwin;
    useExports(exports);
    ready();
  };
  void fetchTwin();
}
