// Runs inside a document that the leak test opened, and reads there what a script can read.
// Classic, not a module: it has to load into documents of no origin, too.

(() => {
  const home = window.opener ?? window.parent;
  if (home === window) return;
  home.postMessage({ iceveil: 'here', name: window.name }, '*');

  const texts = async ({ iceServers }) => {
    const out = [];
    const pc = new RTCPeerConnection({ iceServers });
    const complete = new Promise((resolve) => {
      setTimeout(resolve, 3000);
      pc.onicegatheringstatechange = () => pc.iceGatheringState === 'complete' && resolve();
    });
    pc.onicecandidate = ({ candidate }) => {
      if (!candidate) return;
      for (const name in candidate) out.push(`property ${name}: ${candidate[name]}`);
      out.push(JSON.stringify(candidate));
    };
    pc.createDataChannel('iceveil');
    await pc.setLocalDescription(await pc.createOffer());
    await complete;
    out.push(pc.localDescription.sdp, (await pc.createOffer()).sdp);
    (await pc.getStats()).forEach((entry) => out.push(JSON.stringify(entry)));
    pc.close();
    return out;
  };

  addEventListener('message', (event) => {
    if (event.data?.iceveil !== 'read') return;
    texts(event.data).then(
      (found) => event.source.postMessage({ iceveil: 'texts', id: event.data.id, texts: found }, '*'),
      (error) => event.source.postMessage({ iceveil: 'texts', id: event.data.id, texts: [], error: String(error) }, '*'),
    );
  });
})();
