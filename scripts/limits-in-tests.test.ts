import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
const tests = globSync("{packages,services,tools}/*/src/**/*.test.ts", { cwd: root }).concat(
  globSync("tests/**/*.test.ts", { cwd: root, exclude: (path) => path.includes("node_modules") }),
);

/** Limits that a busy machine runs into although all is well; what has to time out is given far less than a second. */
const IMPATIENT: readonly (readonly [what: string, pattern: RegExp])[] = [
  ["a condition is waited for with vi.waitFor, which is patient", /expect\s*\.poll\(/],
  ["what is to succeed is given a signal that never ends it", /AbortSignal\.timeout\((?:\d_?){4,}\)/],
  ["the shared limit ends what hangs", /\b(?:testTimeout|hookTimeout): ?[1-5]?\d{1,2}_000\b/],
];

const impatient = (text: string): string[] =>
  IMPATIENT.filter(([, pattern]) => pattern.test(text)).map(([what]) => what);

it("finds the limits that only guard a test", () => {
  expect(impatient("await expect\n  .poll(() => 1).toBe(1)")).toHaveLength(1);
  expect(impatient("log.check(AbortSignal.timeout(60_000))")).toHaveLength(1);
  expect(impatient("vi.setConfig({ testTimeout: 120_000 })")).toHaveLength(1);
  expect(impatient("log.check(AbortSignal.timeout(100)); vi.setConfig({ testTimeout: 1_200_000 })")).toEqual(
    [],
  );
});

it("are in no test", () => {
  const found = tests.flatMap((file) =>
    impatient(readFileSync(join(root, file), "utf8")).map((what) => `${file}: ${what}`),
  );
  expect(tests.length).toBeGreaterThan(250);
  expect(found).toEqual([]);
});
