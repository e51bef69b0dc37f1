// What build.mjs puts in place, and names that browsers have and the DOM library lacks.
declare const HANDSHAKE: string;
declare const SOURCE_NAME: string;
declare const GUARDED: string;
declare const webkitRTCPeerConnection: typeof RTCPeerConnection | undefined;
