import { availableParallelism } from "node:os";
import { configDefaults, defineConfig, mergeConfig } from "vitest/config";
import { COMPILED } from "./scripts/compiled-folder.ts";
import { LongestFirst } from "./scripts/longest-first.ts";

/** Closes the run with the files that took the most processor time. */
const measured = process.env["SARK_TEST_CPU"] !== undefined;

/** What servers and programs of tests need, once a run. */
export const SET_UP = [
  "scripts/install-before-tests.ts",
  "scripts/compile-before-tests.ts",
  "packages/testkit/src/postgres/global-setup.ts",
  "packages/audit/src/store/testing/template-set-up.ts",
  "tests/support/programs/set-up.ts",
] as const;

/** `npm run test:docs` runs it. */
export const COMMANDS_OF_DOCUMENTATION = "tests/documentation/execution.test.ts";

/** What every run of tests has. */
export const shared = defineConfig({
  test: {
    setupFiles: [
      ...(measured ? ["./scripts/test-cpu/measure-file.ts"] : []),
      "./scripts/patient-waiting.ts",
      "./scripts/keep-compiled.ts",
    ],
    // Programs that tests start are compiled once, not each time: half of what a start costs.
    env: { NODE_COMPILE_CACHE: COMPILED },
    reporters: [
      "default",
      ...(process.env["CI"] ? ["./scripts/summary-reporter.ts"] : []),
      ...(measured ? ["./scripts/test-cpu/reporter.ts"] : []),
    ],
    // A worker loads the sources once, not for each file: that would take a quarter of the time.
    isolate: false,
    // Node loads the sources itself, as it does where they run: nothing is transformed, and what is compiled is kept.
    experimental: { viteModuleRunner: false, nodeLoader: false },
    // Ends what hangs. Generous: a machine that does other work beside must fail no test.
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});

// One project, though some tests stand beside the source and others (`tests/`) cross process borders: a worker takes the
// next file only where it is of the same project, so that two projects would have twice as many workers load the sources.
// All use one real PostgreSQL, started once per run by the global set-up.
export default mergeConfig(
  shared,
  defineConfig({
    test: {
      include: [
        "{packages,services,tools}/*/src/**/*.test.ts",
        "{scripts,bench,monitoring,tests}/**/*.test.ts",
      ],
      setupFiles: ["./scripts/metric-drives/take-notes.ts"],
      reporters: ["./scripts/metric-drives/reporter.ts"],
      exclude: [...configDefaults.exclude, COMMANDS_OF_DOCUMENTATION],
      globalSetup: [...SET_UP],
      sequence: { sequencer: LongestFirst },
      // Tests wait for servers more than they compute.
      maxWorkers: Math.max(4, availableParallelism()),
    },
  }),
);
