import { startHeaderInjector, startMcpServer } from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startGatewayUnderTest } from "../support/gateway-under-test.ts";
import { NOT_PASSED } from "./expectations.ts";
import { passedChecks, passes, REVISIONS, runSuite, type Revision, type SuiteResult } from "./run-suite.ts";

const cleanup: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const step of cleanup.splice(0).toReversed()) {
    await step();
  }
});

async function directly(revision: Revision): Promise<SuiteResult> {
  const server = await startMcpServer({ eraByMeta: true });
  cleanup.push(() => server.close());
  return runSuite(server.url, revision);
}

async function throughGateway(revision: Revision): Promise<SuiteResult> {
  const server = await startMcpServer({ eraByMeta: true });
  cleanup.push(() => server.close());
  const gateway = await startGatewayUnderTest({
    upstreams: [{ name: "testkit", transport: "http", url: server.url }],
  });
  cleanup.push(() => gateway.close());
  // The suite cannot send credentials.
  const injector = await startHeaderInjector({
    target: `${gateway.url}/mcp/testkit`,
    headers: { authorization: `Bearer ${gateway.apiKey}` },
  });
  cleanup.push(() => injector.close());
  return runSuite(injector.url, revision);
}

describe.each(REVISIONS)("the official conformance suite, %s", (revision) => {
  let direct: SuiteResult;
  let through: SuiteResult;
  beforeAll(async () => {
    [direct, through] = await Promise.all([directly(revision), throughGateway(revision)]);
  });

  it("passes against the test server itself in every scenario but those listed, and in none of those", () => {
    const failed = [...direct].filter(([, checks]) => !passes(checks)).map(([scenario]) => scenario);
    expect(failed.sort()).toEqual(Object.keys(NOT_PASSED[revision]).sort());
  });

  it("passes through the gateway exactly the checks that it passes without", () => {
    expect(passedChecks(through)).toEqual(passedChecks(direct));
  });
});
