// Prints, as its last line, how many tests passed, failed and were skipped.

export default class Reporter {
  #counts = { passed: 0, failed: 0, skipped: 0 };

  onTestEnd(test, result) {
    const retried = result.status !== test.expectedStatus && result.retry < test.retries;
    if (retried) return;
    if (result.status === 'skipped') this.#counts.skipped += 1;
    else if (result.status === test.expectedStatus) this.#counts.passed += 1;
    else this.#counts.failed += 1;
  }

  onEnd() {
    const { passed, failed, skipped } = this.#counts;
    process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped} skipped\n`);
  }

  printsToStdio() {
    return false;
  }
}
