// The companion peer's account, by its HTTP API; absent on any other web server.

/** Makes, or takes up, a client at the peer of this site. Resolves to null where there is no peer. */
export async function findPeer(id) {
  try {
    const path = id ? `/api/clients/${encodeURIComponent(id)}` : null;
    const made = path ? await fetch(path) : await fetch('/api/clients', { method: 'POST' });
    if (!made.ok || !/json/.test(made.headers.get('content-type') ?? '')) return null;
    const client = await made.json();
    return client.id ? peerOf(client) : null;
  } catch {
    return null;
  }
}

function peerOf(client) {
  const base = `/api/clients/${encodeURIComponent(client.id)}`;
  const sessions = [];
  return {
    client,
    iceServers: client.iceServers ?? [],
    simulated: client.simulated ?? null,
    answers: [],

    /** Sends an offer, resolves to the answer. */
    async offer(sdp) {
      const reply = await fetch(`${base}/offer`, {
        method: 'POST',
        headers: { 'content-type': 'application/sdp' },
        body: sdp,
      });
      if (!reply.ok) throw new Error(`the peer answered ${reply.status} to an offer`);
      const where = reply.headers.get('location');
      if (where) sessions.push(where);
      const answer = await reply.text();
      this.answers.push(answer);
      return answer;
    },

    async observations() {
      const reply = await fetch(`${base}/observations`);
      return reply.ok ? (await reply.json()).observations : [];
    },

    async report(report) {
      await fetch(`${base}/report`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(report),
      });
    },

    async hangUp() {
      await Promise.allSettled(sessions.map((where) => fetch(where, { method: 'DELETE' })));
    },
  };
}
