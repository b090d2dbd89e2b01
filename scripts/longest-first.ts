import { relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Files that wait for limits to pass or start much, each for the better part of a minute, the longest first. */
export const LONGEST = [
  "tests/sessions/vanished.test.ts",
  "tests/extending/extending.test.ts",
  "tests/operations/npm-start.test.ts",
  "tests/faults/faults.test.ts",
  "tests/transport/stuck-clients.test.ts",
  "tests/audit/store-down.test.ts",
  "tests/replicas/rolling-restart.test.ts",
];

/** Starts the longest files first, so that no run ends with one of them alone; where nothing is known of earlier runs, vitest goes by size. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => rank(a) - rank(b));
  }
}

function rank({ moduleId }: TestSpecification): number {
  const at = LONGEST.indexOf(relative(process.cwd(), moduleId));
  return at === -1 ? LONGEST.length : at;
}
