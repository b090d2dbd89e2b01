import type { Reporter, TestModule } from "vitest/node";

/** Closes the run with one plain line, `N passed, N failed, N skipped`, that any CI can read. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const count = { passed: 0, failed: unhandled.length, skipped: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === "passed") {
          count.passed += 1;
        } else if (state === "failed") {
          count.failed += 1;
        } else {
          count.skipped += 1;
        }
      }
      if (module.errors().length > 0) {
        count.failed += 1;
      }
    }
    console.log(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
    // A test that did not run has proven nothing: where everything is installed, that is a failure.
    if (process.env["CI"] && count.skipped > 0) {
      process.exitCode = 1;
    }
  }
}
