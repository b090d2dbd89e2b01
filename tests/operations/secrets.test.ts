import { afterAll, beforeAll, expect, it } from "vitest";
import { startMcpServer, startTokenIssuer } from "@sark/testkit";
import { startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { ENVELOPE, send, toolCall, type RawResponse } from "../support/requests.ts";

/** Each planted where an operator would put it, and none of them may turn up anywhere else. */
const PLANTED = {
  unknownKey: "sark_00000000000000000000000000000000000000002kaqcA",
  malformedKey: "sark_planted-in-a-key",
  basic: "cGxhbnRlZDpwbGFudGVk",
  password: "planted-password-1",
  argument: "planted-argument-2",
  query: "planted-query-3",
  resource: "planted-resource-4",
  upstream: "planted-upstream-5",
  body: "planted-body-6",
  cookie: "planted-cookie-7",
  metadata: "planted-metadata-8",
} as const;

const issuer = await startTokenIssuer({ audience: "sark" });
const tools = await startMcpServer();
let gateway: GatewayUnderTest;
beforeAll(async () => {
  gateway = await startGatewayUnderTest({
    upstreams: [
      {
        name: "tools",
        transport: "http",
        url: tools.url,
        sensitivity: "low",
        headers: { authorization: `Bearer ${PLANTED.upstream}` },
      },
      {
        name: "closed",
        transport: "http",
        url: `http://127.0.0.1:1/mcp?key=${PLANTED.upstream}`,
        sensitivity: "low",
      },
    ],
    config: {
      authentication: { jwt: [{ issuer: issuer.issuer, audiences: ["sark"], jwksUrl: issuer.jwksUrl }] },
      logging: { level: "trace" },
    },
  });
});
afterAll(async () => {
  await gateway.close();
  await tools.close();
  await issuer.close();
});

it("no planted key, token or password turns up in log lines, metrics, health or error bodies [LOG-1]", async () => {
  const token = await issuer.issue({ sub: "alice", roles: ["developer"] });
  const expired = await issuer.issue({ sub: "alice" }, { expiresIn: -600 });
  const authorization = `Bearer ${token}`;
  const responses: RawResponse[] = [];
  const ask = async (...request: Parameters<typeof send> extends [string, infer R] ? [R] : never) => {
    responses.push(await send(gateway.url, ...request));
  };
  const ping = { jsonrpc: "2.0", id: 1, method: "ping" };
  await ask({ path: "/mcp/tools", headers: { "x-api-key": PLANTED.unknownKey }, body: ping });
  await ask({ path: "/mcp/tools", headers: { "x-api-key": PLANTED.malformedKey }, body: ping });
  await ask({ path: "/mcp/tools", headers: { authorization: `Basic ${PLANTED.basic}` }, body: ping });
  await ask({ path: "/mcp/tools", headers: { authorization: `Bearer ${expired}` }, body: ping });
  await ask({ path: "/mcp/tools", headers: { authorization, cookie: PLANTED.cookie }, body: ping });
  await ask({ path: `/mcp/tools?api_key=${PLANTED.query}`, headers: { authorization }, body: ping });
  await ask({ method: "GET", path: `/nowhere/${PLANTED.query}?token=${PLANTED.query}` });
  await ask({ path: "/mcp/tools", headers: { authorization }, body: `{"password":"${PLANTED.body}` });
  await ask({
    path: "/api/v1/gateway/authorize",
    headers: { authorization },
    body: `{"password":"${PLANTED.body}`,
  });
  await ask({
    path: "/api/v1/gateway/authorize",
    headers: { authorization },
    body: {
      action: "gateway:tool:invoke",
      server_name: "tools",
      tool_name: "echo",
      parameters: { password: PLANTED.password },
      gateway_metadata: { token: PLANTED.metadata },
    },
  });
  for (const server of ["tools", "closed"]) {
    for (const tool of ["echo", "fail", "no-such-tool"]) {
      await ask(
        toolCall(
          server,
          tool,
          { text: 1, password: PLANTED.password, note: PLANTED.argument },
          { authorization },
        ),
      );
    }
  }
  await ask({
    path: "/mcp/tools",
    headers: {
      authorization,
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "resources/read",
      "mcp-name": `https://user:${PLANTED.resource}@example.com/?token=${PLANTED.resource}`,
    },
    body: {
      ...ping,
      method: "resources/read",
      params: {
        uri: `https://user:${PLANTED.resource}@example.com/?token=${PLANTED.resource}`,
        _meta: ENVELOPE,
      },
    },
  });

  const { body: metrics } = await gateway.gateway.telemetry.recorder.expose();
  const health = await send(gateway.url, {
    method: "GET",
    path: "/health/detailed",
    headers: { "x-api-key": gateway.apiKey },
  });
  const errors = responses.filter(({ json }) => JSON.stringify(json ?? null).includes('"error"'));
  expect(errors.length).toBeGreaterThan(8);
  const places = {
    lines: gateway.lines.map((line) => JSON.stringify(line)).join("\n"),
    metrics,
    health: health.text,
    // The server's own words are passed on as they are; what the gateway says itself is told here.
    errors: errors
      .filter(({ text }) => text.includes("correlation_id"))
      .map(({ text }) => text)
      .join("\n"),
  };
  const secrets = [...Object.values(PLANTED), token, expired, gateway.apiKey];
  for (const [place, text] of Object.entries(places)) {
    expect([place, secrets.filter((secret) => text.includes(secret))]).toEqual([place, []]);
  }
  expect(gateway.lines.length).toBeGreaterThan(20);
});
