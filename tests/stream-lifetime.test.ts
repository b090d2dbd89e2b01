import { startMcpServer } from "@sark/testkit";
import { expect, it, onTestFinished } from "vitest";
import { startGatewayUnderTest } from "./gateway-under-test.ts";

it("closes an event stream in time, so that its caller is judged again", async () => {
  const server = await startMcpServer();
  onTestFinished(() => server.close());
  const gateway = await startGatewayUnderTest({
    upstreams: [{ name: "testkit", transport: "http", url: server.url }],
    config: { mcp: { maxStreamMs: 4_000 } },
  });
  onTestFinished(() => gateway.close());
  const stream = await fetch(`${gateway.url}/mcp/testkit`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${gateway.apiKey}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "subscriptions/listen",
    },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "subscriptions/listen",
      params: {
        notifications: { toolsListChanged: true },
        _meta: {
          "io.modelcontextprotocol/protocolVersion": "2026-07-28",
          "io.modelcontextprotocol/clientCapabilities": {},
        },
      },
    }),
  });
  expect(stream.headers.get("content-type")).toBe("text/event-stream");
  const reader = stream.body?.getReader();
  const { value } = (await reader?.read()) ?? {};
  expect(Buffer.from(value ?? []).toString()).toContain("notifications/subscriptions/acknowledged");
  // It ends, cleanly or cut: a stream that stayed open would let this test run into its time limit.
  await untilEnded(reader);
});

async function untilEnded(reader: ReadableStreamDefaultReader<Uint8Array> | undefined): Promise<void> {
  try {
    while ((await reader?.read())?.done === false);
  } catch {
    // Cut.
  }
}
