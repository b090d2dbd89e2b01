import { relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Files that wait for limits to pass or start much, for ten seconds and more on an idle machine, the longest first. */
export const LONGEST = [
  "tests/audit/store-down.test.ts",
  "packages/observability/src/logging/files/log-files.test.ts",
  "tests/extending/extending.test.ts",
  "tests/replicas/shared-sessions.test.ts",
  "tests/sessions/vanished.test.ts",
  "tests/delivery/siem-delivery.test.ts",
  "services/gateway/src/sessions/shared/sessions-of-all.test.ts",
  "tests/operations/npm-start.test.ts",
  "packages/audit/src/store/faults.test.ts",
  "tests/faults/faults.test.ts",
  "packages/audit/src/store/spool/spool.test.ts",
  "tests/replicas/forwarding.test.ts",
  "tests/operations/draining.test.ts",
  "packages/embedded-postgres/src/start.test.ts",
  "tests/conformance/conformance.test.ts",
  "tests/faults/dependencies.test.ts",
  "tests/operations/health.test.ts",
  "tests/hostile/fuzz.test.ts",
  "tests/replicas/workers.test.ts",
  "tests/transport/stuck-clients.test.ts",
  "tests/replicas/rolling-restart.test.ts",
  "tests/hostile/long-inputs.test.ts",
  "tests/demo/demo.test.ts",
  "tests/metrics-service/database-killed.test.ts",
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
