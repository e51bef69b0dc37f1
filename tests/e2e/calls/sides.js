// The sides of a call, each in a page of its own, and the wire between them that the test is.

/** One side: `await side.act('hears', 'hello')` runs that in its page. */
export class Side {
  static #count = 0;
  #stopped = false;
  #pump = null;

  constructor(page) {
    this.page = page;
    this.id = `side${(Side.#count += 1)}`;
  }

  act(verb, ...rest) {
    return this.page.evaluate(([id, verb, rest]) => globalThis.act(id, verb, ...rest), [this.id, verb, rest]);
  }

  async open(config, options = {}) {
    await this.act('open', config, { trickle: true, polite: false, ...options });
    return this;
  }

  /** Hands what this side has to tell to `take`, message by message, until the side is closed. */
  tells(take) {
    this.#pump = (async () => {
      while (!this.#stopped) {
        for (const message of await this.act('outbox')) await take(JSON.parse(message));
      }
    })();
    this.#pump.catch((error) => {
      this.failure = error;
    });
  }

  /** Tells no more: the other side may be closed. */
  async hush() {
    this.#stopped = true;
    await this.#pump?.catch(() => {});
  }

  async close() {
    await this.hush();
    await this.act('close').catch(() => {});
    if (this.failure) throw this.failure;
  }
}

/** Joins two sides; `hold` keeps back what is told until it resolves, so that offers cross. */
export function join(one, other, hold = Promise.resolve()) {
  for (const [from, to] of [[one, other], [other, one]]) {
    from.tells(async (message) => {
      await hold;
      await to.act('deliver', message);
    });
  }
}

/**
 * Joins a side to the companion peer, over its HTTP signalling: `as` an `offer` (WHIP) that is sent back,
 * or a `whep` player. Or the peer makes the `call`, with what `query` says.
 */
export async function joinPeer(side, base, client, { as = 'offer', query = '' } = {}) {
  const endpoint = `${base}/api/clients/${client.id}/${as}${query}`;
  let session = null;
  let fragment = '';
  const ask = async (method, url, type, body) => {
    const reply = await fetch(url, { method, headers: { 'content-type': type }, body });
    if (!reply.ok) throw new Error(`${method} ${reply.status}: ${await reply.text()}`);
    session ??= new URL(reply.headers.get('location'), base).href;
    return reply;
  };
  const offer = as === 'call' ? await (await ask('POST', endpoint)).text() : null;
  side.tells(async ({ description, candidate }) => {
    if (description) {
      fragment = description.sdp.split(/\r?\n/).filter((line) => /^a=ice-(ufrag|pwd)/.test(line)).slice(0, 2).join('\r\n');
    }
    if (description?.type === 'answer') await ask('PUT', session, 'application/sdp', description.sdp);
    else if (description) {
      const reply = await ask('POST', session ?? endpoint, 'application/sdp', description.sdp);
      await side.act('deliver', { description: { type: 'answer', sdp: await reply.text() } });
    } else {
      const body = `${fragment}\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:${candidate.sdpMid}\r\na=${candidate.candidate}\r\n`;
      await ask('PATCH', session, 'application/trickle-ice-sdpfrag', body);
    }
  });
  if (offer) await side.act('deliver', { description: { type: 'offer', sdp: offer } });
}
