// One page's sides of calls, driven by the test: what a side has to tell the other waits in its outbox.
// The negotiation is the "perfect" one of webrtc-pc (10.7), in every kind of call.

const sides = new Map();
const PATIENCE = 30_000; // ms in which a call has to stand
const CHUNK = 16 * 1024;

class Side {
  #outbox = [];
  #waiting = null;
  #making = false;
  #ignored = false;
  #options;
  #names = new Set();
  #made;
  #connected = 0;
  channel = null;
  heard = [];
  bytes = 0;
  errors = [];
  elements = [];

  constructor(config, options) {
    this.#options = options;
    const pc = new RTCPeerConnection(config);
    this.pc = pc;
    // Who answers only leaves the first word to the other side.
    pc.onnegotiationneeded = () => options.answers || this.#offer();
    this.#made = performance.now();
    pc.onconnectionstatechange = () => {
      if (pc.connectionState === 'connected') this.#connected ||= performance.now();
    };
    pc.onicecandidate = ({ candidate }) => {
      if (options.trickle && candidate) this.#send({ candidate: candidate.toJSON() });
    };
    pc.ondatachannel = ({ channel }) => this.#listen(channel);
    pc.ontrack = ({ track }) => this.#play(track);
    if (options.channel) this.start({ data: true });
  }

  #send(message) {
    this.#outbox.push(JSON.stringify(message));
    this.#waiting?.();
  }

  /** What there is to tell; waits until there is something, or gives nothing after a while. */
  async outbox() {
    if (!this.#outbox.length) {
      await new Promise((resolve) => {
        this.#waiting = resolve;
        setTimeout(resolve, 500);
      });
    }
    return this.#outbox.splice(0);
  }

  async #tell() {
    if (!this.#options.trickle) await this.gathered();
    this.#send({ description: { type: this.pc.localDescription.type, sdp: this.pc.localDescription.sdp } });
  }

  async #offer() {
    try {
      this.#making = true;
      await this.pc.setLocalDescription();
    } catch (error) {
      this.errors.push(String(error));
      return;
    } finally {
      this.#making = false;
    }
    await this.#tell();
  }

  async deliver({ description, candidate }) {
    const { pc } = this;
    if (!description) {
      await pc.addIceCandidate(candidate).catch((error) => {
        if (!this.#ignored) throw error;
      });
      return;
    }
    const collides = description.type === 'offer' && (this.#making || pc.signalingState !== 'stable');
    this.#ignored = collides && !this.#options.polite;
    if (this.#ignored) return;
    await pc.setRemoteDescription(description);
    if (description.type !== 'offer') return;
    await pc.setLocalDescription();
    await this.#tell();
  }

  gathered() {
    const { pc } = this;
    if (pc.iceGatheringState === 'complete') return Promise.resolve();
    return new Promise((resolve) => {
      pc.addEventListener('icegatheringstatechange', () => pc.iceGatheringState === 'complete' && resolve());
      setTimeout(resolve, 8000); // a server that doesn't answer holds it up for long
    });
  }

  #listen(channel) {
    this.channel = channel;
    channel.binaryType = 'arraybuffer';
    channel.onmessage = ({ data }) => {
      if (typeof data === 'string') this.heard.push(data);
      else this.bytes += data.byteLength;
    };
  }

  #play(track) {
    const element = document.createElement(track.kind);
    element.muted = true;
    element.srcObject = new globalThis.MediaStream([track]);
    element.play().catch(() => {});
    this.elements.push(element);
  }

  /**
   * Puts what the call is about into the connection, which makes it negotiate. `noise` is a picture
   * that takes all the bits there are; who only `receives` sends nothing.
   */
  async start({ data, media, noise, receives }) {
    if (data) this.#listen(this.pc.createDataChannel('call'));
    if (receives) for (const kind of ['audio', 'video']) this.pc.addTransceiver(kind, { direction: 'recvonly' });
    if (media) {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 320, height: 240 } });
      const tracks = noise ? [...stream.getAudioTracks(), this.#noise()] : stream.getTracks();
      for (const track of tracks) this.pc.addTrack(track, stream);
    }
  }

  #noise() {
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width: 320, height: 240 });
    const context = canvas.getContext('2d');
    const picture = context.createImageData(320, 240);
    const pixels = new Uint32Array(picture.data.buffer);
    setInterval(() => {
      for (let at = 0; at < pixels.length; at += 1) pixels[at] = 0xff000000 | (Math.random() * 0x1000000);
      context.putImageData(picture, 0, 0);
    }, 1000 / 15);
    return canvas.captureStream().getVideoTracks()[0];
  }

  async #until(happened, what) {
    const end = performance.now() + PATIENCE;
    for (;;) {
      const found = await happened();
      if (found) return found;
      if (performance.now() > end) throw new Error(`${what} did not come: ${this.pc.connectionState}, ICE ${this.pc.iceConnectionState}; ${this.errors.join('; ')}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async say(text) {
    await this.#until(() => this.channel?.readyState === 'open', 'an open channel');
    this.channel.send(text);
  }

  hears(text) {
    return this.#until(() => this.heard.includes(text), `the text "${text}"`);
  }

  /** Sends `size` bytes, never more than a little ahead of the network. */
  async pour(size) {
    await this.#until(() => this.channel?.readyState === 'open', 'an open channel');
    const { channel } = this;
    channel.bufferedAmountLowThreshold = 256 * 1024;
    const block = new Uint8Array(CHUNK);
    for (let sent = 0; sent < size; sent += CHUNK) {
      if (channel.bufferedAmount > 1024 * 1024) {
        await new Promise((resolve) => {
          channel.onbufferedamountlow = resolve;
        });
      }
      channel.send(block);
    }
  }

  /** Waits for that many bytes; resolves to bytes per second since the first wait began. */
  async receives(size) {
    const begin = performance.now();
    await this.#until(() => this.bytes >= size, `${size} bytes`);
    return (size / (performance.now() - begin)) * 1000;
  }

  async #inbound() {
    const sums = { frames: 0, samples: 0 };
    for (const one of (await this.pc.getStats()).values()) {
      if (one.type !== 'inbound-rtp') continue;
      if (one.kind === 'video') sums.frames += one.framesDecoded ?? 0;
      else sums.samples += one.totalSamplesReceived ?? one.packetsReceived ?? 0;
    }
    return sums;
  }

  /** Waits until this many more frames were decoded and some sound came, and a picture has a size. */
  async watches(count) {
    const before = await this.#inbound();
    return this.#until(async () => {
      const now = await this.#inbound();
      const pictures = this.elements.filter(({ videoWidth }) => videoWidth > 0);
      return pictures.length && now.samples > before.samples && now.frames >= before.frames + count;
    }, `${count} frames with sound`);
  }

  /** Bytes of video sent so far, without what was sent again. */
  async #videoSent() {
    let bytes = 0;
    for (const one of (await this.pc.getStats()).values()) {
      if (one.type === 'outbound-rtp' && one.kind === 'video') bytes += one.bytesSent - (one.retransmittedBytesSent ?? 0);
    }
    return bytes;
  }

  /** Bits of video a second that are sent, over about three seconds. */
  async rate() {
    const [begin, before] = [performance.now(), await this.#videoSent()];
    await new Promise((resolve) => setTimeout(resolve, 3000));
    return Math.round(((await this.#videoSent()) - before) * 8000 / (performance.now() - begin));
  }

  /** ms from its creation to its first connection. */
  took() {
    return this.#connected && Math.round(this.#connected - this.#made);
  }

  restart() {
    this.pc.restartIce();
  }

  signals() {
    return this.pc.signalingState;
  }

  /** How many user names of ICE this side has had: one more with each restart. */
  restarts() {
    for (const [, name] of (this.pc.currentLocalDescription?.sdp ?? '').matchAll(/a=ice-ufrag:(\S+)/g)) this.#names.add(name);
    return this.#names.size;
  }

  /** The kind of candidate at each end, and how the packets go; after a restart it takes a moment. */
  pair() {
    return this.#until(() => this.#chosen(), 'a chosen pair');
  }

  async #chosen() {
    const all = [...(await this.pc.getStats()).values()];
    const by = (id) => all.find((one) => one.id === id);
    const chosen = by(all.find((one) => one.type === 'transport' && one.selectedCandidatePairId)?.selectedCandidatePairId)
      ?? all.find((one) => one.type === 'candidate-pair' && (one.selected || (one.nominated && one.state === 'succeeded')));
    if (!chosen) return null;
    const [local, remote] = [by(chosen.localCandidateId), by(chosen.remoteCandidateId)];
    return { local: local?.candidateType, remote: remote?.candidateType, protocol: local?.relayProtocol ?? local?.protocol };
  }

  close() {
    for (const { track } of this.pc.getSenders()) track?.stop();
    this.pc.close();
  }
}

/** Does one thing with a side: `act(id, 'hears', 'hello')`. */
globalThis.act = async (id, verb, ...rest) => {
  if (verb === 'open') {
    sides.set(id, new Side(...rest));
    return null;
  }
  const result = await sides.get(id)[verb](...rest);
  return result === undefined ? null : result;
};
