// Another extension that wants the browser's WebRTC setting: the one installed last has it.
chrome.privacy.network.webRTCIPHandlingPolicy.set({ value: 'disable_non_proxied_udp' });
