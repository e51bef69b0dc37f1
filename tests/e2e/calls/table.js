// Prints the table of the calls after a run that had some, and leaves it as JSON in dist/calls/.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const pairOf = (pair) => (pair ? `${pair.local}→${pair.remote} ${pair.protocol}` : '?');

const row = (note) => [
  note.browser,
  note.kind,
  note.policy ?? '',
  note.network ?? '',
  note.refused ? 'refused' : note.fails ? 'fails cleanly' : note.connected ? 'yes' : 'no',
  note.ms ? `${note.ms} ms` : '',
  [...new Set((note.pairs ?? []).map(pairOf))].join(', '),
  [...(note.wire ?? []),
    ...(note.bitsPerSecond ? [`sent ${note.bitsPerSecond.map((rate) => Math.round(rate / 1000)).join(' ')} kbit/s`] : []),
    ...(note.bytesPerSecond ? [`${(note.bytesPerSecond / 1e6).toFixed(1)} MB/s${note.ratio ?? ''}`] : [])].join(', '),
];

export default class Table {
  #notes = [];

  onTestEnd(test, result) {
    const notes = result.attachments.filter(({ name }) => name === 'call').map(({ body }) => JSON.parse(body));
    const project = test.parent.project();
    // What ran out of time left no note.
    if (!notes.length && result.status !== 'skipped' && result.status !== test.expectedStatus && /^(calls|proxy|apps)-/.test(project.name)) {
      notes.push({ browser: project.use.engine, kind: test.title, connected: false });
    }
    this.#notes.push(...notes);
  }

  onEnd() {
    if (!this.#notes.length) return;
    const folder = join(import.meta.dirname, '../../../dist/calls');
    mkdirSync(folder, { recursive: true });
    for (const note of this.#notes) {
      const plain = this.#notes.find((one) => one.policy === 'none' && ['browser', 'kind', 'network'].every((key) => one[key] === note[key]));
      if (plain?.bytesPerSecond && note !== plain) note.ratio = ` (${(note.bytesPerSecond / plain.bytesPerSecond).toFixed(2)}× no extension)`;
    }
    writeFileSync(join(folder, 'calls.json'), `${JSON.stringify(this.#notes, null, 1)}\n`);
    const rows = [['browser', 'kind', 'policy', 'network', 'works', 'connected after', 'pair', 'the wire learned'], ...this.#notes.map(row)];
    const widths = rows[0].map((_, n) => Math.max(...rows.map((one) => one[n].length)));
    const lines = rows.map((one) => one.map((cell, n) => cell.padEnd(widths[n])).join('  ').trimEnd());
    process.stdout.write(`\n${lines.join('\n')}\n\nThe same as JSON: dist/calls/calls.json\n`);
  }

  printsToStdio() {
    return false;
  }
}
