// What every case uses: ways to say what was observed as a text that is the same in each run.

const open = [];

/** A connection that is closed when its case is over. */
export function connection(...args) {
  const pc = new RTCPeerConnection(...args);
  open.push(pc);
  return pc;
}

export function closeAll() {
  for (const pc of open.splice(0)) pc.close();
}

export const pause = (ms, value) => new Promise((resolve) => setTimeout(resolve, ms, value));

/** `ms`, and as long as the browser takes then to fire an event of a connection: those before it have been. */
export async function still(ms) {
  await pause(ms);
  const pc = connection();
  const heard = new Promise((resolve) => pc.addEventListener('negotiationneeded', resolve, { once: true }));
  pc.createDataChannel('still');
  await Promise.race([heard, pause(3000)]);
}

/** Takes out of a text what is made up anew each time. */
export const plain = (text) =>
  text
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi, 'UUID')
    .replace(/^o=.*$/gm, 'o=')
    .replace(/^(a=(?:ice-ufrag|ice-pwd|fingerprint|ssrc|msid|msid-semantic|group:LS|ssrc-group|cname|identity)).*$/gm, '$1')
    .replace(/https?:\/\/[^/\s)]+/g, 'SITE')
    .replace(/\{[^{}]*UUID[^{}]*\}/g, '{UUID}');

/** Says what a value is, without running into what it leads to. */
export function say(value, depth = 3) {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) {
    return typeof value === 'string' ? JSON.stringify(plain(value)) : String(value);
  }
  if (typeof value === 'function') return `function ${value.name}/${value.length}`;
  if (value instanceof Error || value instanceof DOMException) return error(value);
  if (depth === 0) return '…';
  if (Array.isArray(value)) return `[${value.map((one) => say(one, depth - 1)).join(', ')}]`;
  const proto = Object.getPrototypeOf(value);
  const kind = Object.prototype.toString.call(value);
  if (proto === Object.prototype || proto === null) {
    return `${proto === null ? 'null-' : ''}{${Object.keys(value).map((key) => `${key}: ${say(value[key], depth - 1)}`).join(', ')}}`;
  }
  return `${kind} of ${proto.constructor?.name}`;
}

/** An exception: its class, name, code, message, whose it is, and where it says that it comes from. */
export function error(thrown) {
  if (!(thrown instanceof Error || thrown instanceof DOMException)) return `not an error: ${say(thrown)}`;
  const classes = [Error, TypeError, RangeError, SyntaxError, DOMException].filter((one) => thrown instanceof one);
  const more = thrown instanceof DOMException ? ` code ${thrown.code}` : '';
  return `${thrown.name}: ${plain(thrown.message)} (${classes.map(({ name }) => name).join()}${more})`;
}

/** The trace of an exception, without places. */
export function trace(thrown) {
  return plain(String(thrown.stack))
    .split('\n')
    .map((line) => line.replace(/:\d+:\d+/g, '').trim())
    .join(' | ');
}

/** What calling `work` comes to; a promise is waited for. */
export async function outcome(work) {
  let given;
  try {
    given = work();
  } catch (thrown) {
    return `threw ${error(thrown)}`;
  }
  if (!(given instanceof Promise)) return `returned ${say(given)}`;
  const own = Reflect.ownKeys(given).map(String).join();
  try {
    return `fulfilled ${say(await given)}${own && ` with ${own}`}`;
  } catch (thrown) {
    return `rejected ${error(thrown)}${own && ` with ${own}`}`;
  }
}

/** The exception that `work` ends with. */
export async function thrownBy(work) {
  try {
    await work();
  } catch (thrown) {
    return thrown;
  }
  return new Error('nothing was thrown');
}

export const descriptor = (object, name) => {
  const found = Object.getOwnPropertyDescriptor(object, name);
  if (!found) return 'absent';
  const flags = ['writable', 'enumerable', 'configurable'].filter((flag) => found[flag]).join('+');
  const parts = ['value', 'get', 'set'].filter((part) => part in found).map((part) => `${part}=${say(found[part], 1)}`);
  return `${parts.join(' ')} ${flags}`;
};

/** Resolves when gathering is complete. */
export const gathered = (pc) =>
  Promise.race([
    pause(2500),
    new Promise((resolve) => {
      const look = () => pc.iceGatheringState === 'complete' && resolve();
      pc.addEventListener('icegatheringstatechange', look);
      look();
    }),
  ]);

/** Two connections of this page, described to each other. */
export async function negotiated({ config, prepare = (a) => void a.createDataChannel('x') } = {}) {
  const [a, b] = [connection(config), connection(config)];
  const trickle = (from, to) =>
    from.addEventListener('icecandidate', ({ candidate }) => void to.addIceCandidate(candidate).catch(() => {}));
  trickle(a, b);
  trickle(b, a);
  prepare(a, b);
  await a.setLocalDescription();
  await b.setRemoteDescription(a.localDescription);
  await b.setLocalDescription();
  await a.setRemoteDescription(b.localDescription);
  return [a, b];
}
