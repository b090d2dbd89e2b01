import {
  CONFIDENTIAL_CLIENT,
  startAuthorizationServer,
  startMcpServer,
  type AuthorizationServer,
  type McpServerHandle,
  type SeenRequest,
} from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { auditRows } from "../support/observed.ts";
import { connectClient } from "../support/official-clients.ts";
import { send, toolCall } from "../support/requests.ts";

const TOOLS = "https://tools.example.com/mcp";
const GATEWAY = "https://gateway.example.com/";
const PLAIN = "planted-upstream-secret";

let authorization: AuthorizationServer;
const NAMES = ["header", "none", "own", "exchanged", "elsewhere"] as const;
/** One for each entry: their health checks are requests, too. */
let servers: Record<(typeof NAMES)[number], McpServerHandle>;
let gateway: GatewayUnderTest;

beforeAll(async () => {
  authorization = await startAuthorizationServer({ [TOOLS]: ["tools"], [GATEWAY]: [] });
  const started = await Promise.all(NAMES.map(async (name) => [name, await startMcpServer()] as const));
  servers = Object.fromEntries(started) as typeof servers;
  const oauth = {
    tokenEndpoint: authorization.tokenEndpoint,
    clientId: "${CLIENT_ID}",
    clientSecret: "${CLIENT_SECRET}",
    resource: TOOLS,
  };
  const http = (name: (typeof NAMES)[number]) => ({
    name,
    transport: "http",
    url: servers[name].url,
    sensitivity: "low",
  });
  gateway = await startGatewayUnderTest({
    environment: {
      CLIENT_ID: CONFIDENTIAL_CLIENT.id,
      CLIENT_SECRET: CONFIDENTIAL_CLIENT.secret,
      PLAIN,
    },
    policies: { "all.cedar": "permit(principal, action, resource);" },
    upstreams: [
      { ...http("header"), headers: { authorization: "Bearer ${PLAIN}", "x-key": "${PLAIN}" } },
      { ...http("none") },
      { ...http("own"), oauth: { ...oauth, scopes: ["tools"] } },
      { ...http("exchanged"), oauth: { ...oauth, grant: "token_exchange" } },
      { ...http("elsewhere"), oauth: { ...oauth, resource: "https://other.example.com/" } },
    ],
    config: {
      authentication: {
        jwt: [{ issuer: authorization.issuer, audiences: [GATEWAY], jwksUrl: authorization.jwksUrl }],
      },
      logging: { level: "trace" },
    },
  });
});
afterAll(async () => {
  await gateway.close();
  await Promise.all(Object.values(servers).map((server) => server.close()));
  await authorization.close();
});

/** A token for the gateway, as a client of the authorization server gets it. */
async function callersToken(): Promise<string> {
  const { id, secret } = CONFIDENTIAL_CLIENT;
  const basic = Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString("base64");
  const response = await fetch(authorization.tokenEndpoint, {
    method: "POST",
    headers: { authorization: `Basic ${basic}` },
    body: new URLSearchParams({ grant_type: "client_credentials", resource: GATEWAY }),
  });
  return ((await response.json()) as { access_token: string }).access_token;
}

/** All that servers were sent by the gateway. */
const seen = () => Object.values(servers).flatMap((server) => server.requests());
const bearersOf = (requests: readonly SeenRequest[]) =>
  new Set(requests.map(({ headers }) => headers["authorization"]));

const verified = (header: string | undefined) =>
  authorization.verify(header?.replace(/^Bearer /, "") ?? "", TOOLS);

describe("a server behind the gateway", () => {
  it.each(["header", "none", "own", "exchanged"] as const)(
    "gets the credentials that are configured for it and never the caller's: %s [GTW-1]",
    async (server) => {
      const token = await callersToken();
      for (const kind of ["v1 SDK", "v2 client, stateless"] as const) {
        const client = await connectClient(kind, `${gateway.url}/mcp/${server}`, {
          headers: { authorization: `Bearer ${token}` },
        });
        expect(await client.callTool("echo", { text: "hi" })).toMatchObject({ content: [{ text: "hi" }] });
        await client.tools();
        if (kind === "v1 SDK") {
          await client.terminate();
        }
        await client.close();
      }
      const requests = servers[server].requests();
      expect(requests.length).toBeGreaterThan(4);
      expect(JSON.stringify(requests)).not.toContain(token);
      // What the gateway asks on its own behalf, it asks as itself.
      const [bearer, ...others] = bearersOf(requests.filter(({ method }) => method === "tools/call"));
      expect(others).toEqual([]);
      if (server === "header") {
        expect(bearer).toBe(`Bearer ${PLAIN}`);
      } else if (server === "none") {
        expect(bearer).toBeUndefined();
      } else {
        expect(await verified(bearer)).toMatchObject({
          sub: CONFIDENTIAL_CLIENT.id,
          ...(server === "own" ? { scope: "tools" } : {}),
        });
      }
    },
  );

  it("gets no API key either, by whichever header it came", async () => {
    for (const headers of [
      { "x-api-key": gateway.apiKey },
      { "x-gateway-api-key": gateway.apiKey },
      { authorization: `Bearer ${gateway.apiKey}` },
    ]) {
      expect((await send(gateway.url, toolCall("none", "echo", { text: "hi" }, headers))).status).toBe(200);
    }
    expect(JSON.stringify(seen())).not.toContain(gateway.apiKey);
    const received = servers.none.requests();
    expect(received.filter(({ method }) => method === "tools/call").length).toBeGreaterThanOrEqual(3);
    expect(JSON.stringify(received.flatMap(({ headers }) => Object.keys(headers)))).not.toMatch(
      /api-key|authorization|cookie/,
    );
  });

  it("is not called for callers with an API key where their token would be exchanged, and the record says why", async () => {
    const { status, json } = await send(
      gateway.url,
      toolCall("exchanged", "echo", { text: "hi" }, { "x-api-key": gateway.apiKey }),
    );
    expect(status).toBe(502);
    expect(json).toMatchObject({ error: { code: -32603, data: { reason_code: "upstream_credentials" } } });
    // The response does not wait for the record of how it ended.
    await vi.waitFor(async () => {
      const [row] = await auditRows(
        gateway.databaseUrl,
        "server_name = 'exchanged' AND outcome IS NOT NULL AND outcome <> 'ok'",
      );
      expect(row).toMatchObject({ outcome: "upstream_error" });
    });
  });

  it("for which no token can be had is not called, and its health says what to mend", async () => {
    const headers = { "x-api-key": gateway.apiKey };
    const { status, text } = await send(gateway.url, toolCall("elsewhere", "echo", { text: "hi" }, headers));
    expect(status).toBe(502);
    expect(text).toContain("upstream_credentials");
    const health = await send(gateway.url, { method: "GET", path: "/health/detailed", headers });
    expect(health.text).toContain("invalid_target: check `resource` and `audience`");
  });
});

it("neither tokens nor secrets turn up in log lines, metrics, health, errors or the audit log [LOG-1]", async () => {
  const token = await callersToken();
  const headers = { authorization: `Bearer ${token}` };
  const responses = [
    await send(gateway.url, toolCall("own", "echo", { text: "hi" }, headers)),
    await send(gateway.url, toolCall("exchanged", "echo", { text: "hi" }, headers)),
    await send(gateway.url, toolCall("elsewhere", "echo", { text: "hi" }, headers)),
    await send(gateway.url, { method: "GET", path: "/metrics", headers: { "x-api-key": gateway.apiKey } }),
    await send(gateway.url, {
      method: "GET",
      path: "/health/detailed",
      headers: { "x-api-key": gateway.apiKey },
    }),
  ];
  const tokens = [...bearersOf([...servers.own.requests(), ...servers.exchanged.requests()])].flatMap(
    (header) => (header === undefined ? [] : [header.replace("Bearer ", "")]),
  );
  const rows = await auditRows(gateway.databaseUrl);
  const written = JSON.stringify([responses, gateway.lines, rows]);
  for (const secret of [
    token,
    ...tokens,
    CONFIDENTIAL_CLIENT.secret,
    encodeURIComponent(CONFIDENTIAL_CLIENT.secret),
  ]) {
    expect(written).not.toContain(secret);
  }
  expect(tokens.length).toBeGreaterThan(1);
  expect(written).toContain("sark_gateway_upstream_tokens_total");
  expect(responses[3]?.text).toMatch(
    /sark_gateway_upstream_tokens_total\{[^}]*server="exchanged"[^}]*\} [1-9]/,
  );
});
