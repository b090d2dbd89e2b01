import { startMcpServer, type McpServerHandle } from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NOT_PASSED } from "./expectations.ts";
import { passes, REVISIONS, runSuite } from "./run-suite.ts";

let server: McpServerHandle;

beforeAll(async () => {
  server = await startMcpServer();
});
afterAll(() => server.close());

describe("the official conformance suite, against the test server itself", () => {
  it.each(REVISIONS)(
    "%s: every scenario passes but those listed, and none of those does",
    async (revision) => {
      const result = await runSuite(server.url, revision);
      const failed = [...result].filter(([, checks]) => !passes(checks)).map(([scenario]) => scenario);
      expect(failed.sort()).toEqual(Object.keys(NOT_PASSED[revision]).sort());
    },
  );
});
