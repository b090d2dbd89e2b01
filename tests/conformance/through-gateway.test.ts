import { startHeaderInjector, startMcpServer } from "@sark/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { startGatewayUnderTest } from "../gateway-under-test.ts";
import { passedChecks, REVISIONS, runSuite, type Revision } from "./run-suite.ts";

const cleanup: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const step of cleanup.splice(0).toReversed()) await step();
});

async function passedDirectly(revision: Revision): Promise<string[]> {
  const server = await startMcpServer();
  cleanup.push(() => server.close());
  return passedChecks(await runSuite(server.url, revision));
}

async function passedThroughGateway(revision: Revision): Promise<string[]> {
  const server = await startMcpServer();
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
  return passedChecks(await runSuite(injector.url, revision));
}

describe("the official conformance suite, through the gateway", () => {
  it.each(REVISIONS)("%s: passes exactly the checks that it passes without the gateway", async (revision) => {
    const direct = await passedDirectly(revision);
    expect(await passedThroughGateway(revision)).toEqual(direct);
  });
});
