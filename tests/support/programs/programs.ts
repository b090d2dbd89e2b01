import { join } from "node:path";

/** The repository. */
export const ROOT = join(import.meta.dirname, "../../..");

/** The programs that tests start most, and where their sources begin. */
export const PROGRAMS = {
  gateway: "services/gateway/src/main.ts",
  audit: "tools/operations/src/audit/main.ts",
  "gateway-admin": "tools/operations/src/gateway-admin/main.ts",
  "health-check": "tools/operations/src/health-check/main.ts",
} as const;

export type ProgramName = keyof typeof PROGRAMS;

/** Programs of the tests themselves that are started again and again. */
export const TEST_PROGRAMS = {
  "leaving-client": "tests/support/leaving-client.ts",
  "mcp-server": "packages/testkit/src/mcp-server/main.ts",
  "fault-replica": "tests/faults/producer.ts",
  "fault-builder": "tests/faults/build-log.ts",
} as const;

export type TestProgramName = keyof typeof TEST_PROGRAMS;

declare module "vitest" {
  interface ProvidedContext {
    /** Folder of this run's bundles, from `set-up.ts`. */
    bundledPrograms: string;
  }
}
