// Documents of unusual kinds: the first script in each looks at its own realm, and tells the site.

/** Runs first in a document: tells whether the constructor is guarded now, and refuses once the policy is there. */
async function probe(name, chromium) {
  const tell = (said) => fetch(`/tell?${name}=${encodeURIComponent(said)}`, { mode: 'no-cors' });
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
  const first = isGuarded() ? 'guarded' : 'LEAK';
  for (let tries = 0; tries < 100 && !isRefused(); tries += 1) await new Promise((resolve) => setTimeout(resolve, 20));
  await tell(`${first}, ${isRefused() ? 'refused' : 'allowed'}`);
}

const script = (name, engine) => `(${probe})(${JSON.stringify(name)}, ${engine === 'chromium'})`;
const page = (name, engine) => `<!doctype html><title>x</title><script>${script(name, engine)}</script><p>page`;
const xml = (name, engine) => script(name, engine).replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const XHTML = 'http://www.w3.org/1999/xhtml';

/** Each kind: what the site answers at `/document?NAME`, or what a page at `/` does to get such a document. */
export const documents = {
  'isolated by COOP and COEP': { headers: { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' }, body: page },
  'with an origin keyed by agent': { headers: { 'origin-agent-cluster': '?1' }, body: page },
  'sandboxed by its CSP': { headers: { 'content-security-policy': 'sandbox allow-scripts' }, body: page },
  'sandboxed by its CSP, of the same origin': { headers: { 'content-security-policy': 'sandbox allow-scripts allow-same-origin' }, body: page },
  'of SVG': { type: 'image/svg+xml', body: (name, engine) => `<svg xmlns="http://www.w3.org/2000/svg"><script>${xml(name, engine)}</script></svg>` },
  'of XHTML': { type: 'application/xhtml+xml', body: (name, engine) => `<html xmlns="${XHTML}"><head><script>${xml(name, engine)}</script></head></html>` },
  'of XML with a script': { type: 'application/xml', body: (name, engine) => `<x><script xmlns="${XHTML}">${xml(name, engine)}</script></x>` },
  'of XML with a style sheet': {
    type: 'application/xml',
    body: (name, engine) => {
      const sheet = `<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:output method="html"/><xsl:template match="/"><html><head><script>${xml(name, engine)}</script></head></html></xsl:template></xsl:stylesheet>`;
      return `<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="data:text/xml,${encodeURIComponent(sheet)}"?><x/>`;
    },
  },
  'of several parts': {
    type: 'multipart/x-mixed-replace;boundary=part',
    body: (name, engine) => `--part\r\ncontent-type: text/html\r\n\r\n<p>one\r\n--part\r\ncontent-type: text/html\r\n\r\n${page(name, engine)}\r\n--part--\r\n`,
  },
};
