// Where the attacks are played: a site of the test's own, whose answers can be slow, and what an attack
// gets to work with. "Unguarded" is seen under `block`, where a guarded realm refuses.

import { createServer } from 'node:http';

const PAGE = '<!doctype html><title>a page of the tests</title><body><p>page</p></body>';

/** What each path of the site answers; everything else is a page. */
const answers = {
  '/204': (reply) => reply.writeHead(204).end(),
  '/refused': (reply) => reply.writeHead(200, { 'content-type': 'text/html', 'x-frame-options': 'DENY' }).end(PAGE),
  '/redirect': (reply) => reply.writeHead(302, { location: '/page' }).end(),
  '/wait': (reply) => setTimeout(() => html(reply).end(PAGE), 700),
  '/slow-script': (reply) => setTimeout(() => reply.writeHead(200, { 'content-type': 'text/javascript' }).end(''), 100),
  '/slow-body': (reply) => {
    html(reply).flushHeaders();
    setTimeout(() => reply.end(PAGE), 700);
  },
  '/markup': (reply, { search }) => html(reply).end(`<!doctype html><body>${decodeURIComponent(search.slice(1))}`),
  // Misnested elements, in pieces: the parser moves what is in the block.
  '/pieces': (reply, { search }) => {
    html(reply).write(`<!doctype html><body><i><p><b>${decodeURIComponent(search.slice(1))}</b>`);
    setTimeout(() => reply.end('</i>after</p>'), 200);
  },
  '/parts': (reply) => {
    html(reply).write(`${PAGE.slice(0, -7)}${'x'.repeat(3000)}`);
    setTimeout(() => reply.end('<iframe src="about:blank#later"></iframe>'), 500);
  },
};

const html = (reply) => reply.writeHead(200, { 'content-type': 'text/html' });

/** Serves the site on loopback; resolves to `{origin, stop}`. */
export async function serve() {
  const server = createServer((request, reply) => {
    const address = new URL(request.url, 'http://localhost');
    const answer = answers[address.pathname];
    if (answer) answer(reply, address);
    else html(reply).end(PAGE);
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return {
    origin: `http://localhost:${server.address().port}`,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/**
 * Runs in the page: plays one attack, and resolves to what it got: `LEAK…` for each constructor that is
 * not guarded, `seen` for each that is.
 */
export async function play({ source, engine }) {
  for (let tries = 0; tries < 200; tries += 1) {
    try {
      new RTCPeerConnection().close();
    } catch {
      break; // refused: the policy is there
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const got = [];
  let count = 0;
  /**
   * A frame whose own scripts may still wait for their policy doesn't refuse yet. Then the hooks read the
   * configuration in Chromium, and are right above the getter in its stack; Firefox names a proxy as such.
   */
  const isGuarded = (Connection, stack) => {
    if (engine === 'chromium') return stack.split('\n').slice(2, 4).join().includes('native:code');
    try {
      structuredClone(Connection);
    } catch (error) {
      return error.message.includes('Proxy');
    }
    return false;
  };
  const judge = (Connection, where) => {
    let stack = '';
    const configuration = {
      get iceServers() {
        stack = new Error().stack;
        return [];
      },
    };
    try {
      new Connection(configuration).close();
    } catch {
      got.push('seen');
      return;
    }
    got.push(isGuarded(Connection, stack) ? 'seen' : `LEAK ${where}`);
  };
  const stage = {
    engine,
    got,
    /** An address at which a frame's first document stays, without the extension's own scripts. */
    address: () => (engine === 'chromium' ? 'about:blank#' : '/page?') + (count += 1),
    frame(src = stage.address()) {
      const made = document.createElement('iframe');
      made.src = src;
      return made;
    },
    html: () => `<iframe src="${stage.address()}"></iframe>`,
    name: () => `iceveil-attack-${(count += 1)}`,
    /** Judges a window. */
    check(view, where = 'window') {
      let Connection;
      try {
        Connection = view.RTCPeerConnection;
      } catch (error) {
        if (error.name !== 'SecurityError') throw error;
        got.push('seen'); // of another origin by now, as Firefox's viewer of PDF is: out of reach
      }
      if (Connection) judge(Connection, where);
    },
    /** Judges each frame of a window. */
    look(where = 'frame', view = window) {
      for (let index = 0; index < view.length; index += 1) stage.check(view[index], `${where} ${index}`);
    },
    pause: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    /** Looks as often as a page can, until `look` gives something. */
    async poll(look, most = 2000) {
      const { port1, port2 } = new MessageChannel();
      const end = performance.now() + most;
      await new Promise((resolve) => {
        port1.onmessage = () => {
          let found = null;
          try {
            found = look();
          } catch {
            found = null; // not there yet
          }
          if (found || performance.now() > end) resolve();
          else port2.postMessage(0);
        };
        port2.postMessage(0);
      });
      port1.close();
    },
    loaded: (frame) => new Promise((resolve) => frame.addEventListener('load', resolve, { once: true })),
  };
  window.stage = stage;
  await (0, eval)(`(${source})`)(stage);
  return got;
}
