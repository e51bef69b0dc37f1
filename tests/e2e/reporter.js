// Prints, as its last line, how many tests passed, failed and were skipped; adds what failed to the file
// that ICEVEIL_FAILURES names.

import { appendFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';

const LONGEST = 1500; // characters of one failure

export default class Reporter {
  #counts = { passed: 0, failed: 0, skipped: 0 };

  onTestEnd(test, result) {
    const retried = result.status !== test.expectedStatus && result.retry < test.retries;
    if (retried) return;
    if (result.status === 'skipped') this.#counts.skipped += 1;
    else if (result.status === test.expectedStatus) this.#counts.passed += 1;
    else {
      this.#counts.failed += 1;
      this.#keep(test, result);
    }
  }

  #keep(test, { status, error }) {
    const file = process.env.ICEVEIL_FAILURES;
    if (!file) return;
    const words = stripVTControlCharacters(error?.message ?? status).slice(0, LONGEST);
    appendFileSync(file, `${test.titlePath().filter(Boolean).join(' › ')}\n${words.replace(/^/gm, '    ')}\n`);
  }

  onEnd() {
    const { passed, failed, skipped } = this.#counts;
    process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped} skipped\n`);
  }

  printsToStdio() {
    return false;
  }
}
