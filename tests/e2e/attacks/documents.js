// Documents of unusual kinds: the first script in each looks at its own realm, and tells the site.

import { createServer } from 'node:http';

/** Runs first in a document: tells whether the constructor is guarded now, and refuses once the policy is there. */
async function probe(chromium) {
  const tell = (said) => fetch(`/tell?${encodeURIComponent(said)}`, { mode: 'no-cors' });
  const isGuarded = () => {
    let stack = '';
    try {
      new RTCPeerConnection({
        get iceServers() {
          stack = new Error().stack;
          return [];
        },
      }).close();
    } catch {
      return true;
    }
    if (chromium) return stack.split('\n').slice(2, 4).join().includes('native:code');
    try {
      structuredClone(RTCPeerConnection);
    } catch (error) {
      return error.message.includes('Proxy');
    }
    return false;
  };
  const isRefused = () => {
    try {
      new RTCPeerConnection().close();
      return false;
    } catch {
      return true;
    }
  };
  const ahead = document.prerendering ? 'ahead, ' : '';
  const first = isGuarded() ? 'guarded' : 'LEAK';
  for (let tries = 0; tries < 100 && !isRefused(); tries += 1) await new Promise((resolve) => setTimeout(resolve, 20));
  await tell(`${ahead}${first}, ${isRefused() ? 'refused' : 'allowed'}`);
}

const script = (engine) => `(${probe})(${engine === 'chromium'})`;
const page = (engine) => `<!doctype html><title>x</title><script>${script(engine)}</script><p>page`;
const xml = (engine) => script(engine).replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const XHTML = 'http://www.w3.org/1999/xhtml';

/** Each kind: what the site answers at `/document?NAME`. */
export const documents = {
  'of HTML': { body: page },
  'isolated by COOP and COEP': { headers: { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' }, body: page },
  'with an origin keyed by agent': { headers: { 'origin-agent-cluster': '?1' }, body: page },
  'sandboxed by its CSP': { headers: { 'content-security-policy': 'sandbox allow-scripts' }, body: page },
  'sandboxed by its CSP, of the same origin': { headers: { 'content-security-policy': 'sandbox allow-scripts allow-same-origin' }, body: page },
  'of SVG': { type: 'image/svg+xml', body: (engine) => `<svg xmlns="http://www.w3.org/2000/svg"><script>${xml(engine)}</script></svg>` },
  'of XHTML': { type: 'application/xhtml+xml', body: (engine) => `<html xmlns="${XHTML}"><head><script>${xml(engine)}</script></head></html>` },
  'of XML with a script': { type: 'application/xml', body: (engine) => `<x><script xmlns="${XHTML}">${xml(engine)}</script></x>` },
  'of XML with a style sheet': {
    type: 'application/xml',
    body: (engine) => {
      const sheet = `<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:output method="html"/><xsl:template match="/"><html><head><script>${xml(engine)}</script></head></html></xsl:template></xsl:stylesheet>`;
      return `<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="data:text/xml,${encodeURIComponent(sheet)}"?><x/>`;
    },
  },
  'of several parts': {
    type: 'multipart/x-mixed-replace;boundary=part',
    engines: ['firefox'], // Chromium takes it for a download
    body: (engine) => `--part\r\ncontent-type: text/html\r\n\r\n<p>one\r\n--part\r\ncontent-type: text/html\r\n\r\n${page(engine)}\r\n--part--\r\n`,
  },
};

// Has the browser make a document before it is asked for, once its extensions are there.
const AHEAD = `<!doctype html><script>
  setTimeout(() => {
    const rules = document.createElement('script');
    rules.type = 'speculationrules';
    rules.textContent = JSON.stringify({ prerender: [{ urls: ['/document?of%20HTML'] }] });
    document.head.append(rules);
  }, 3000);
</script>`;

/** Serves them, and a page of nothing for all else; resolves to `{port, told, stop}`: `told()` to what the next one says. */
export async function serveDocuments(engine) {
  let hear = () => {};
  const server = createServer((request, reply) => {
    const { pathname, search } = new URL(request.url, 'http://localhost');
    const said = decodeURIComponent(search.slice(1));
    if (pathname === '/tell') hear(said);
    const kind = pathname === '/document' ? documents[said] : { body: () => (pathname === '/ahead' ? AHEAD : '<!doctype html>') };
    reply.writeHead(200, { 'content-type': kind.type ?? 'text/html', ...kind.headers }).end(kind.body(engine));
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return {
    port: server.address().port,
    told: () => new Promise((resolve) => {
      hear = resolve;
    }),
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Expected limits: a window that a link or a form opens for code. Played like the other attacks. */
const opening = (open) => `async (stage) => {
  const code = 'javascript:void (opener.stage.check(window, "inside"), close())';
  (${open})(code, stage.name());
  await stage.pause(500);
}`;
export const openings = {
  'a link to code in a new window': opening((code, name) => {
    const link = document.createElement('a');
    Object.assign(link, { href: code, target: name, rel: 'opener' });
    document.body.append(link);
    link.click();
  }),
  'a form for code in a new window': opening((code, name) => {
    const form = document.createElement('form');
    Object.assign(form, { action: code, target: name });
    document.body.append(form);
    form.submit();
  }),
};
