// The hooks follow stricter rules than the rest: what they use at call time, a page may have replaced.

const tamperable = [
  ['SpreadElement', 'spread runs the page\'s iterator'],
  ['ArrayPattern', 'array destructuring runs the page\'s iterator'],
  ['ForOfStatement', 'for…of runs the page\'s iterator'],
  ['ForInStatement', 'for…in reads inherited names'],
  ['AwaitExpression', 'await looks at a promise\'s constructor and then'],
  ['Literal[regex]', 'a RegExp calls methods of its prototype'],
  ["MemberExpression[property.name=/^(call|bind|then|catch|finally|push|pop|shift|map|filter|join|concat|slice|split|indexOf|includes|startsWith|endsWith|replace)$/]", 'that method can be replaced by the page; use the vault'],
].map(([selector, message]) => ({ selector, message }));

const captured = ['Object', 'Reflect', 'JSON', 'Promise', 'Map', 'Set', 'WeakMap', 'WeakSet', 'WeakRef', 'Array', 'String', 'Number', 'Error', 'Symbol', 'Proxy', 'Function', 'CustomEvent', 'queueMicrotask', 'setTimeout', 'console'];

const strict = {
  'no-undef': 'error',
  'no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
  'no-var': 'error',
  'prefer-const': ['error', { ignoreReadBeforeAssign: true }],
  'no-implicit-globals': 'error',
  'no-eval': 'error',
  'no-new-func': 'error',
  'no-shadow': 'error',
  'no-unreachable': 'error',
  'no-self-compare': 'error',
  'no-duplicate-imports': 'error',
  'no-dupe-keys': 'error',
  'no-fallthrough': 'error',
  'no-restricted-properties': ['error', { property: 'innerHTML', message: 'text goes through textContent' }],
  eqeqeq: 'error',
  curly: ['error', 'multi-line'],
};

const names = (list, mode = 'readonly') => Object.fromEntries(list.map((name) => [name, mode]));
const browser = names(['window', 'document', 'self', 'globalThis', 'location', 'navigator', 'performance', 'console', 'fetch', 'URL', 'Blob', 'Event', 'MouseEvent', 'CustomEvent', 'EventTarget', 'Node', 'NodeList', 'Element', 'HTMLElement', 'Document', 'DOMException', 'MutationObserver', 'MutationRecord', 'WebAssembly', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'requestIdleCallback', 'addEventListener', 'removeEventListener', 'getSelection', 'queueMicrotask', 'requestAnimationFrame', 'crypto', 'TextEncoder', 'TextDecoder', 'URLSearchParams', 'DOMParser', 'RTCPeerConnection', 'RTCIceCandidate', 'RTCSessionDescription', 'RTCStatsReport', 'RTCPeerConnectionIceEvent', 'RTCPeerConnectionIceErrorEvent', 'chrome', 'browser', 'HANDSHAKE', 'SOURCE_NAME', 'GUARDED', 'customElements', 'structuredClone', 'FinalizationRegistry', 'Request', 'Response', 'WebSocket', 'getComputedStyle', 'open', 'top', 'parent', 'frames', 'history', 'screen', 'AbortController', 'AbortSignal', 'XMLHttpRequest', 'MessageChannel', 'EventSource', 'Range', 'CharacterData', 'DocumentType', 'Text', 'Option', 'HTMLCollection', 'ShadowRoot', 'HTMLIFrameElement', 'HTMLTemplateElement', 'Attr', 'NamedNodeMap', 'CSSStyleDeclaration', 'DOMRectList', 'webkitRTCPeerConnection', 'ShadowRoot', 'DecompressionStream']);
const node = names(['process', 'Buffer', 'console', 'URL', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'fetch', 'AbortController', 'AbortSignal', 'TextEncoder', 'TextDecoder', 'URLSearchParams', 'WebSocket', 'performance', 'structuredClone']);

export default [
  { ignores: ['**/node_modules/**', '**/dist/**'] },
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: { ecmaVersion: 2025, sourceType: 'module', globals: browser },
    rules: strict,
  },
  {
    files: ['extension/*.mjs', 'tests/**/*.js', 'tests/**/*.mjs'],
    languageOptions: { globals: { ...browser, ...node } },
    // The tests play hostile pages.
    rules: { 'no-restricted-properties': 'off', 'no-shadow': 'off', 'no-eval': 'off' },
  },
  {
    files: ['www/**/*.js'],
    rules: { 'no-restricted-properties': 'off', 'no-shadow': 'off' },
  },
  {
    files: ['extension/hooks/*.js'],
    ignores: ['extension/hooks/vault.js'],
    rules: {
      'no-restricted-syntax': ['error', ...tamperable],
      'no-restricted-globals': ['error', ...captured],
      'no-restricted-properties': 'off',
    },
  },
];
