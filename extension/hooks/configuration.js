// RTCConfiguration: what the page sets, what the browser gets, what the page reads back.
import { ask } from './channel.js';
import {
  SafeProxy,
  apply,
  closed,
  construct,
  deleteProperty,
  get,
  isObject,
  list,
  own,
  prototypeHere,
  put,
  setPrototypeOf,
  slice,
  split,
} from './vault.js';

const { RTCPeerConnection: Native } = /** @type {any} */ (globalThis);
const prototype = prototypeHere('RTCPeerConnection');
const getConfigurationOf = own(prototype, 'getConfiguration');
const setConfigurationOf = own(prototype, 'setConfiguration');

/**
 * The page's dictionary as the browser may convert it before the policy is known: every member is
 * read once and by the browser, in its order and with its errors; only the candidate pool is held
 * at 0, because a pool gathers at construction. `keepsCertificates` withholds those, to be converted later.
 */
export function poolHeld(config, keepsCertificates = false) {
  const seen = { __proto__: null, pool: 0, certificates: undefined, config };
  if (!isObject(config)) return seen;
  // Not a proxy of the page's object: one that is frozen would insist on its own pool.
  seen.config = new SafeProxy({ __proto__: null }, {
    __proto__: null,
    get(target, name) {
      const value = get(config, name);
      if (name === 'certificates' && keepsCertificates) {
        seen.certificates = value;
        return undefined;
      }
      if (name !== 'iceCandidatePoolSize' || value === undefined) return value;
      if (typeof value === 'symbol' || typeof value === 'bigint') return value; // for the browser to refuse
      const size = +value;
      if (!(size > -1 && size < 256)) return size; // the browser says what is wrong with it
      seen.pool = size - (size % 1);
      return 0;
    },
  });
  return seen;
}

const plainConfiguration = (pc) => setPrototypeOf(apply(getConfigurationOf, pc, []), null);

/** A copy of a sequence of RTCIceServer that shares nothing with it. */
function copyServers(servers, keep) {
  const copies = [];
  for (let i = 0; i < servers.length; i += 1) {
    const server = servers[i];
    const copy = {};
    // In the order of WebIDL's dictionaries, by name.
    const names = ['credential', 'credentialType', 'url', 'urls', 'username'];
    for (let n = 0; n < names.length; n += 1) {
      // Firefox's old `url` says again what stands in `urls`, which is what is judged.
      const value = names[n] === 'url' && keep !== undefined ? undefined : own(server, names[n]);
      if (value !== undefined) put(copy, names[n], value);
    }
    const urls = own(server, 'urls');
    const kept = [];
    for (let u = 0; typeof urls !== 'string' && u < urls.length; u += 1) {
      if (keep === undefined || keep()) put(kept, kept.length, urls[u]);
    }
    if (typeof urls === 'string') {
      if (keep !== undefined && !keep()) continue;
    } else if (kept.length === 0 && urls.length > 0) continue;
    else put(copy, 'urls', kept);
    put(copies, copies.length, copy);
  }
  return copies;
}

/** Makes copies fit for the browser: what the page did to prototypes doesn't show through. */
function sealServers(servers) {
  for (let i = 0; i < servers.length; i += 1) {
    const urls = own(servers[i], 'urls');
    if (typeof urls !== 'string') closed(urls);
    setPrototypeOf(servers[i], null);
  }
  return closed(servers);
}

function urlsOf(servers) {
  const urls = list();
  for (let i = 0; i < servers.length; i += 1) {
    const value = own(servers[i], 'urls');
    if (typeof value === 'string') urls[urls.length] = value;
    else for (let u = 0; u < value.length; u += 1) urls[urls.length] = value[u];
  }
  return urls;
}

/** What the page set, as the browser understood it. */
export function pageView(pc, seen) {
  const config = plainConfiguration(pc);
  return {
    __proto__: null,
    servers: copyServers(own(config, 'iceServers') ?? []),
    transportPolicy: own(config, 'iceTransportPolicy'),
    pool: seen.pool,
  };
}

/** A URL without line breaks, which the browser's URL parser passes over too. */
function oneLine(url) {
  const parts = split(url, '\n');
  let line = '';
  for (let i = 0; i < parts.length; i += 1) line += parts[i];
  return line;
}

/** Turns the browser's view of a configuration into what the policy lets it have. */
function restrict(config, state) {
  const servers = state.page.servers;
  const urls = urlsOf(servers);
  let asked = '';
  for (let i = 0; i < urls.length; i += 1) asked += `${i === 0 ? '' : '\n'}${oneLine(urls[i])}`;
  const verdict = urls.length === 0 ? '=' : ask('s', state.id, asked);
  let at = 0;
  // One flag a URL, after the `~`. No answer keeps none.
  const keep = () => {
    at += 1;
    return verdict === '=' || slice(verdict, at, at + 1) === '1';
  };
  put(config, 'iceServers', sealServers(copyServers(servers, keep)));
  if (state.policy !== 'allow' && state.policy !== 'public-only') {
    put(config, 'iceTransportPolicy', 'relay');
    put(config, 'iceCandidatePoolSize', 0);
  } else {
    put(config, 'iceTransportPolicy', state.page.transportPolicy);
    put(config, 'iceCandidatePoolSize', state.page.pool);
  }
  return config;
}

/** Gives a new connection the configuration its policy allows. Nothing was gathered yet. */
export function enforce(pc, state) {
  const config = plainConfiguration(pc);
  // An empty list would read as an attempt to change the certificates.
  if (own(config, 'certificates')?.length === 0) deleteProperty(config, 'certificates');
  apply(setConfigurationOf, pc, [restrict(config, state)]);
}

// Connections of our own that convert dictionaries, one for each pair of what no later configuration may change.
const trials = { __proto__: null };

function trialFor(pc) {
  const config = plainConfiguration(pc);
  const fixed = { __proto__: null };
  const names = ['bundlePolicy', 'rtcpMuxPolicy'];
  let key = '';
  for (let i = 0; i < names.length; i += 1) {
    const value = own(config, names[i]);
    if (value !== undefined) fixed[names[i]] = value;
    key += ` ${value}`;
  }
  trials[key] ??= construct(Native, [fixed]);
  return trials[key];
}

/** `setConfiguration` by the page. Its dictionary is converted once, by the browser, on a connection of our own. */
export function reconfigure(native, pc, args, state) {
  if (args.length === 0) return apply(native, pc, args);
  const seen = poolHeld(args[0], true);
  const trial = trialFor(pc);
  apply(setConfigurationOf, trial, [seen.config]);
  const view = pageView(trial, seen);
  const config = plainConfiguration(trial);
  if (seen.certificates === undefined) deleteProperty(config, 'certificates');
  else put(config, 'certificates', seen.certificates);
  const before = state.page;
  state.page = view;
  try {
    if (state.settled) restrict(config, state);
    else {
      put(config, 'iceServers', sealServers(copyServers(view.servers)));
      put(config, 'iceCandidatePoolSize', 0);
    }
    return apply(native, pc, [config]);
  } catch (error) {
    state.page = before;
    throw error;
  }
}

/** `getConfiguration` gives back what the page set. */
export function reported(native, pc, args, state) {
  const config = apply(native, pc, args);
  put(config, 'iceServers', copyServers(state.page.servers));
  put(config, 'iceTransportPolicy', state.page.transportPolicy);
  // Firefox knows no pool.
  if (own(config, 'iceCandidatePoolSize') !== undefined) {
    put(config, 'iceCandidatePoolSize', state.page.pool);
  }
  return config;
}
