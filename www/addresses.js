// Finds addresses in any text a page can read, and says in plain words what kind each is.

const V4 = /(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d]|\.\d)/g;
const V6 = /(?<![\w:.])\[?((?:[0-9a-f]{0,4}:){2,7}(?:[0-9a-f]{1,4}|(?:\d{1,3}\.){3}\d{1,3})?)(?:%[\w-]+)?\]?(?![\w:])/gi;
const LOCAL_NAME = /[0-9a-z-]{8,}\.local\b/gi;
const RELAY = /candidate:\S+ \d+ \S+ \d+ (\S+) \d+ typ relay/gi;

/** All addresses and .local names in a text, each once. */
export function addressesIn(text) {
  const found = new Set();
  for (const [name] of text.matchAll(LOCAL_NAME)) found.add(name.toLowerCase());
  const rest = text.replace(V6, (all, inner) => {
    if (!isV6(inner)) return all;
    found.add(inner.toLowerCase());
    return ' ';
  });
  for (const [address] of rest.matchAll(V4)) {
    if (address.split('.').every((part) => Number(part) < 256)) found.add(address);
  }
  return [...found];
}

/** Addresses of relays named in a text: they are the TURN server's, not the person's. */
export function relaysIn(text) {
  return [...text.matchAll(RELAY)].map(([, address]) => address.toLowerCase());
}

function isV6(text) {
  if (!text.includes(':') || text === ':' || /:::/.test(text)) return false;
  if (!/[0-9a-f]/i.test(text) && text !== '::') return false;
  const groups = text.split(':').length - 1 + (text.includes('.') ? 1 : 0);
  if (!text.includes('::')) return groups === 7;
  // A time such as 12::34 isn't seen in what we read; a fingerprint is longer than eight groups.
  return groups <= 8;
}

const V4_CLASSES = [
  ['0.0.0.0', 8, 'unspecified'],
  ['10.0.0.0', 8, 'private'],
  ['100.64.0.0', 10, 'cgnat'],
  ['127.0.0.0', 8, 'loopback'],
  ['169.254.0.0', 16, 'link-local'],
  ['172.16.0.0', 12, 'private'],
  ['192.0.2.0', 24, 'documentation'],
  ['192.168.0.0', 16, 'private'],
  ['198.51.100.0', 24, 'documentation'],
  ['203.0.113.0', 24, 'documentation'],
  ['224.0.0.0', 4, 'multicast'],
  ['240.0.0.0', 4, 'reserved'],
];

const number = (address) => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);

/** The class of an address, in the words the whole project uses. */
export function classOf(address) {
  if (address.endsWith('.local')) return 'local-name';
  if (!address.includes(':')) {
    for (const [base, bits, name] of V4_CLASSES) {
      const size = 2 ** (32 - bits);
      if (Math.floor(number(address) / size) === Math.floor(number(base) / size)) return name;
    }
    return 'public';
  }
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped) return classOf(mapped[1]);
  if (address === '::') return 'unspecified';
  if (address === '::1') return 'loopback';
  const first = parseInt(address.split(':')[0] || '0', 16);
  if ((first & 0xffc0) === 0xfe80) return 'link-local';
  if ((first & 0xfe00) === 0xfc00) return 'unique-local';
  if ((first & 0xff00) === 0xff00) return 'multicast';
  if (/^2001:0?db8:/i.test(address)) return 'documentation';
  return (first & 0xe000) === 0x2000 ? 'public' : 'reserved';
}

/** What a class means to a person. */
export const MEANING = {
  'public': 'a public address: says where you are and who connects you',
  'private': 'an address inside your home, office or VPN',
  'cgnat': 'an address inside your provider’s network',
  'loopback': 'this machine itself',
  'link-local': 'an address of your network card',
  'unique-local': 'an IPv6 address inside your network',
  'documentation': 'an address set aside for examples: you are in a lab',
  'multicast': 'a group address',
  'unspecified': 'no address',
  'reserved': 'a reserved address',
  'local-name': 'a random name: your browser hid the address behind it',
  'name': 'a name',
};

/** Whether an address of this class tells anything about a person. */
export function tells(address) {
  const kind = classOf(address);
  return kind !== 'local-name' && kind !== 'unspecified' && kind !== 'loopback';
}
