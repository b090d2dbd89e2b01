import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { PEER_SESSION_REVISION } from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { componentHealth } from "../support/destinations.ts";
import { send, toolCall } from "../support/requests.ts";

const STATUSES = [301, 302, 303, 307, 308];

/** What stands in the gateway's own network, and no client may reach. */
let inner: Server;
const reached: string[] = [];
let redirecting: Server;
let asked = 0;
let gateway: GatewayUnderTest;

beforeAll(async () => {
  inner = createServer((request, response) => {
    reached.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    response
      .writeHead(200, { "content-type": "application/json" })
      .end('{"jsonrpc":"2.0","id":1,"result":{}}');
  });
  await once(inner.listen(0, "127.0.0.1"), "listening");
  const location = `http://127.0.0.1:${(inner.address() as AddressInfo).port}/latest/meta-data`;
  redirecting = createServer((request, response) => {
    asked += 1;
    const status = Number(request.url?.slice(1));
    const headers = {
      location,
      refresh: `0; url=${location}`,
      "content-location": location,
      link: `<${location}>`,
    };
    response.writeHead(status, headers).end();
  });
  await once(redirecting.listen(0, "127.0.0.1"), "listening");
  const { port } = redirecting.address() as AddressInfo;
  gateway = await startGatewayUnderTest({
    upstreams: STATUSES.map((status) => ({
      name: `s${status}`,
      transport: "http",
      url: `http://127.0.0.1:${port}/${status}`,
      headers: { authorization: "Bearer ${TOKEN}" },
      sensitivity: "low",
    })),
    environment: { TOKEN: "of-the-server" },
    policies: { "everyone.cedar": "permit(principal, action, resource);" },
  });
});
afterAll(async () => {
  await gateway.close();
  inner.close();
  redirecting.close();
});

describe.each(STATUSES)("a server that responds with %i and another address", (status) => {
  const server = `s${status}`;
  const key = () => ({ "x-api-key": gateway.apiKey });

  it("is not followed: neither for a call, a session, a stream, a listing nor for health [GTW-12]", async () => {
    const before = asked;
    const call = await send(gateway.url, toolCall(server, "echo", {}, key()));
    expect(call).toMatchObject({
      status: 502,
      json: { error: { data: { reason_code: "upstream_redirected" } } },
    });
    const clientInfo = { name: "test", version: "1" };
    const params = { protocolVersion: PEER_SESSION_REVISION, capabilities: {}, clientInfo };
    const body = { jsonrpc: "2.0", id: 1, method: "initialize", params };
    expect((await send(gateway.url, { path: `/mcp/${server}`, headers: key(), body })).status).toBe(502);
    for (const method of ["GET", "DELETE"]) {
      const headers = {
        ...key(),
        accept: "text/event-stream",
        "mcp-protocol-version": PEER_SESSION_REVISION,
      };
      const response = await send(gateway.url, { method, path: `/mcp/${server}`, headers });
      expect(response.status).toBeGreaterThanOrEqual(400);
    }
    await send(gateway.url, { method: "GET", path: "/api/v1/gateway/tools", headers: key() });
    await componentHealth(gateway, `upstream:${server}`);
    expect(asked).toBeGreaterThan(before + 2);
    expect(reached).toEqual([]);
  });
});
