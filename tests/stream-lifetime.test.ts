import { startMcpServer } from "@sark/testkit";
import { expect, it, onTestFinished } from "vitest";
import { startGatewayUnderTest } from "./gateway-under-test.ts";

it("closes an event stream in time, so that its caller is judged again", async () => {
  const server = await startMcpServer();
  onTestFinished(() => server.close());
  const gateway = await startGatewayUnderTest({
    upstreams: [{ name: "testkit", transport: "http", url: server.url }],
    config: { mcp: { maxStreamMs: 300 } },
  });
  onTestFinished(() => gateway.close());
  const headers = {
    authorization: `Bearer ${gateway.apiKey}`,
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
  };
  const url = `${gateway.url}/mcp/testkit`;
  const opened = await fetch(url, {
    method: "POST",
    headers,
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "initialize",
      params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } },
    }),
  });
  await opened.text();
  const session = { "mcp-session-id": opened.headers.get("mcp-session-id") ?? "" };
  const stream = await fetch(url, {
    headers: { ...headers, ...session, accept: "text/event-stream", "mcp-protocol-version": "2025-11-25" },
  });
  expect(stream.status).toBe(200);
  // Ends by itself (cleanly or cut): a stream that stayed open would let this test run into its time limit.
  await stream.text().catch(() => "cut");
});
