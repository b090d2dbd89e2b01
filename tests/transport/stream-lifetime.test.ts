import { join } from "node:path";
import { issueApiKey, revokeApiKey } from "@sark/gateway/api-keys";
import { startMcpServer, startTokenIssuer } from "@sark/testkit";
import { expect, it, onTestFinished, vi } from "vitest";
import { startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { growth, metric, series } from "../support/observed.ts";
import { ENVELOPE } from "../support/requests.ts";

async function startGateway(config: Record<string, unknown> = {}): Promise<GatewayUnderTest> {
  const server = await startMcpServer();
  onTestFinished(() => server.close());
  const gateway = await startGatewayUnderTest({
    upstreams: [{ name: "testkit", transport: "http", url: server.url }],
    config,
  });
  onTestFinished(() => gateway.close());
  return gateway;
}

/** Opens an event stream of the stateless era; resolves when the server has acknowledged it. */
async function listen(
  gateway: GatewayUnderTest,
  credential: string = gateway.apiKey,
): Promise<ReadableStreamDefaultReader<Uint8Array>> {
  const stream = await fetch(`${gateway.url}/mcp/testkit`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${credential}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "subscriptions/listen",
    },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "subscriptions/listen",
      params: { notifications: { toolsListChanged: true }, _meta: ENVELOPE },
    }),
  });
  expect(stream.headers.get("content-type")).toBe("text/event-stream");
  const reader = stream.body?.getReader();
  if (reader === undefined) {
    throw new Error("the response has no body");
  }
  const { value } = await reader.read();
  expect(Buffer.from(value ?? []).toString()).toContain("notifications/subscriptions/acknowledged");
  return reader;
}

it("closes an event stream in time, so that its caller is authorized again", async () => {
  const gateway = await startGateway({ mcp: { maxStreamDuration: "4s" } });
  // A stream that stayed open would let this test run into its time limit.
  expect(await untilEnded(await vi.waitFor(() => listen(gateway)))).toMatch(/^(ended|cut)$/);
});

it("closes an event stream whose key was withdrawn, or whose token has expired, and no other one [GTW-1]", async () => {
  const issuer = await startTokenIssuer({ audience: "sark" });
  onTestFinished(() => issuer.close());
  const jwt = [{ issuer: issuer.issuer, audiences: ["sark"], jwksUrl: issuer.jwksUrl, clockTolerance: "0s" }];
  const gateway = await startGateway({ authentication: { jwt } });
  const file = join(gateway.dataDirectory, "api-keys.json");
  const withdrawn = await issueApiKey(file, { id: "leaver", principal: "leaver" });
  await vi.waitFor(
    async () => {
      const response = await fetch(`${gateway.url}/openapi.json`, { headers: { "x-api-key": withdrawn } });
      await response.body?.cancel();
      expect(response.status).toBe(200);
    },
    { timeout: 30_000, interval: 50 },
  );
  const streams = {
    stays: await listen(gateway),
    withdrawn: await listen(gateway, withdrawn),
    expires: await listen(gateway, await issuer.issue({ sub: "alice" }, { expiresIn: 3 })),
  };
  await revokeApiKey(file, "leaver");
  const stays = untilEnded(streams.stays).then(() => "ended");
  expect(await untilEnded(streams.withdrawn)).toMatch(/^(ended|cut)$/);
  expect(await untilEnded(streams.expires)).toMatch(/^(ended|cut)$/);
  expect(await Promise.race([stays, Promise.resolve("open")])).toBe("open");
  await streams.stays.cancel();
  await stays;
});

it("counts no error when a client leaves its event stream [MET-4]", async () => {
  const gateway = await startGateway();
  const before = await series(gateway);
  const reader = await listen(gateway);
  await reader.cancel();
  await vi.waitFor(async () => {
    const left = { server: "testkit", kind: "session", outcome: "cancelled" };
    expect(await metric(gateway, "sark_gateway_calls_total", left)).toBe(1);
  });
  expect(await growth(gateway, "sark_gateway_client_errors_total", before)).toEqual({});
});

async function untilEnded(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<"ended" | "cut"> {
  try {
    while (!(await reader.read()).done) {}
    return "ended";
  } catch {
    return "cut";
  }
}
