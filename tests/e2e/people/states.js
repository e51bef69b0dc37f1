// The popup in each of its states: for screenshots, and for what looks at every one of them.

export const HOST = 'relay.iceveil.test';

const row = (surface, kind, class_, outcome, detail, count, host = HOST) => ({ surface, kind, class: class_, outcome, detail, host, count, first: 1, last: count });
const opened = row('connection', '-', '-', 'shown', '', 2);
const tried = [
  row('candidate', 'host', 'private', 'hidden', '192.168.1.23', 3),
  row('candidate', 'srflx', 'documentation', 'hidden', '203.0.113.7', 1),
  row('description', 'host', 'private', 'hidden', '192.168.1.23', 2, 'calls.widget.example'),
];
const turn = row('server', '-', 'name', 'shown', 'turn:turn.example:3478', 1);
const stun = row('server', '-', 'name', 'removed', 'stun:stun.example:3478', 1);

/** What each shows: the rows of the tab's record, the site's own policy, and the verdict's look. */
export const states = {
  quiet: [[], null, 'quiet'],
  stopped: [[opened, turn, ...tried], null, 'stopped'],
  'no-relay': [[opened, stun, ...tried], null, 'stopped'],
  got: [[opened, ...tried.map((one) => ({ ...one, outcome: 'shown' }))], 'allow', 'got'],
  blocked: [[row('connection', '-', '-', 'refused', '', 4)], 'block', 'stopped'],
};

const listed = { 'meet.example': 'allow', 'eu.meet.example': 'public-only', 'münchen.example': 'allow', 'ads.example': 'block' };

/** The settings that go with a site's policy. */
export const settingsFor = (policy) => ({ version: 1, sites: policy ? { ...listed, [HOST]: policy } : listed });
