// Another extension that wants the browser's WebRTC setting: the one installed last has it.
const { network } = (globalThis.browser ?? globalThis.chrome).privacy;
network.webRTCIPHandlingPolicy.set({ value: 'default_public_and_private_interfaces' });
