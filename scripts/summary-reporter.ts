import type { Reporter, TestModule } from 'vitest/node';

/** Ends a run with the one line that people and CI read: `N passed, N failed, N skipped`. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    let passed = 0;
    let failed = unhandledErrors.length;
    let skipped = 0;
    for (const module of modules) {
      let ownFailures = 0;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') passed += 1;
        else if (state === 'failed') ownFailures += 1;
        else skipped += 1;
      }
      // A module that could not be loaded, or whose hook failed, has no failed test of its own.
      failed += ownFailures === 0 && !module.ok() ? 1 : ownFailures;
    }
    process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped} skipped\n`);
  }
}
