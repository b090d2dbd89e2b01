import {
  startAuthorizationServer,
  startMcpServer,
  startTokenIssuer,
  type AuthorizationServer,
  type McpServerHandle,
  type TokenIssuer,
} from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { connectOAuthClient } from "../support/oauth-client.ts";
import { CLIENTS } from "../support/official-clients.ts";
import { auditRows } from "../support/observed.ts";
import { send, toolCall } from "../support/requests.ts";
import { startTcpFront, type TcpFront } from "../support/tcp-front.ts";

let authorization: AuthorizationServer;
let server: McpServerHandle;
let front: TcpFront;
let gateway: GatewayUnderTest;
/** One whose tokens say what a test wants. */
let issuer: TokenIssuer;
let files: string;

beforeAll(async () => {
  [front, server, issuer] = await Promise.all([startTcpFront(), startMcpServer(), startTokenIssuer()]);
  files = `${front.url}/mcp/files`;
  authorization = await startAuthorizationServer({
    [files]: ["files:read", "files:echo", "unasked"],
    [`${front.url}/mcp/open`]: [],
  });
  const upstream = { transport: "http", url: server.url, sensitivity: "low" };
  gateway = await startGatewayUnderTest({
    policies: {
      "all.cedar":
        'permit(principal, action, resource); forbid(principal, action, resource == Tool::"files/add");',
    },
    upstreams: [
      { ...upstream, name: "files" },
      { ...upstream, name: "open" },
    ],
    config: {
      http: { publicUrl: front.url, allowedOrigins: ["https://page.example.com"] },
      authentication: {
        jwt: [
          { issuer: authorization.issuer, jwksUrl: authorization.jwksUrl },
          {
            issuer: issuer.issuer,
            jwksUrl: issuer.jwksUrl,
            idPrefix: "other:",
            audiences: ["whole-gateway"],
          },
        ],
        scopes: {
          required: [
            { server: "files", scopes: ["files:read"] },
            { server: "files", tools: ["echo", "add"], scopes: ["files:echo"] },
          ],
        },
      },
      logging: { level: "trace" },
    },
  });
  front.forwardTo(gateway.url);
});
afterAll(async () => {
  await gateway.close();
  await Promise.all([front.close(), server.close(), authorization.close(), issuer.close()]);
});

describe.each(CLIENTS)(
  "the official client (%s), which knows the URL of the endpoint alone [GTW-1]",
  (kind) => {
    it("finds the authorization server, registers, sends its user there, and gets more scopes when a tool takes them", async () => {
      const before = {
        requests: authorization.requests.length,
        registered: authorization.registered.length,
        seen: server.requests().length,
      };
      const client = await connectOAuthClient(kind, files);
      const first = client.token() ?? "";
      expect(client.asked).toEqual(["files:read"]);
      expect(await authorization.verify(first, files)).toMatchObject({ sub: "alice", scope: "files:read" });
      // What takes more scopes is seen: otherwise no client would ask for them.
      expect(await client.tools()).toContain("echo");
      expect(client.asked).toHaveLength(1);

      expect(await client.callTool("echo", { text: "hi" })).toMatchObject({ content: [{ text: "hi" }] });
      expect(client.asked).toEqual(["files:read", "files:read files:echo"]);
      const second = client.token() ?? "";
      expect(await authorization.verify(second, files)).toMatchObject({ scope: "files:read files:echo" });
      expect(await client.callTool("echo", { text: "again" })).toMatchObject({
        content: [{ text: "again" }],
      });
      expect(client.asked).toHaveLength(2);
      await client.close();

      const requests = authorization.requests.slice(before.requests);
      expect(requests.map((request) => request.for)).toEqual(["code", "token", "code", "token"]);
      for (const { for: what, parameters } of requests) {
        expect(parameters["resource"]).toBe(files);
        expect(parameters).toMatchObject(
          what === "code"
            ? { response_type: "code", code_challenge_method: "S256" }
            : { grant_type: "authorization_code" },
        );
      }
      expect(authorization.registered.length - before.registered).toBe(1);

      // The server behind the gateway sees no token of the caller's, nor any other credential.
      const seen = server.requests().slice(before.seen);
      expect(seen.filter(({ method }) => method === "tools/call")).toHaveLength(2);
      expect(JSON.stringify(seen)).not.toContain(first);
      expect(JSON.stringify(seen)).not.toContain(second);
      expect(seen.flatMap(({ headers }) => Object.keys(headers))).not.toContain("authorization");
      expect(JSON.stringify(gateway.lines)).not.toContain(second.split(".")[2]);
    });
  },
);

it("a refusal for want of scopes is on record like any other, with the caller and the scopes [AUD-1]", async () => {
  const rows = await auditRows(gateway.databaseUrl, "server_name = 'files' AND tool_name = 'echo'");
  const refused = rows.filter(({ decision }) => decision === "deny");
  expect(refused).toHaveLength(CLIENTS.length);
  expect(refused[0]).toMatchObject({
    user_id: "alice",
    reason: expect.stringContaining("files:read files:echo"),
  });
});

const WELL_KNOWN = "/.well-known/oauth-protected-resource";

async function bearer(claims: Record<string, unknown>): Promise<{ readonly authorization: string }> {
  return { authorization: `Bearer ${await issuer.issue({ sub: "bob", aud: files, ...claims })}` };
}

const challengeOf = ({ headers }: Awaited<ReturnType<typeof send>>) => String(headers["www-authenticate"]);

describe("the metadata of a protected resource (RFC 9728) [GTW-1]", () => {
  const read = (path: string, headers: Record<string, string> = {}, method = "GET") =>
    send(gateway.url, { method, path, headers });

  it("come without credentials, whatever the Host says, and a page of a listed origin may read them", async () => {
    const response = await read(`${WELL_KNOWN}/mcp/files`, {
      host: "localhost:1",
      origin: "https://page.example.com",
    });
    expect(response.json).toEqual({
      resource: files,
      authorization_servers: [authorization.issuer, issuer.issuer],
      bearer_methods_supported: ["header"],
      scopes_supported: ["files:read"],
    });
    expect(response.headers).toMatchObject({
      "content-type": expect.stringContaining("application/json"),
      "cache-control": "public, max-age=300",
      "access-control-allow-origin": "https://page.example.com",
    });
    const preflight = await read(
      `${WELL_KNOWN}/mcp/files`,
      {
        origin: "https://page.example.com",
        "access-control-request-method": "GET",
        "access-control-request-headers": "mcp-protocol-version",
      },
      "OPTIONS",
    );
    expect(preflight).toMatchObject({ status: 204 });
    expect((await read(WELL_KNOWN)).json).toMatchObject({ resource: front.url });
    expect((await read(`${WELL_KNOWN}/mcp/none`)).json).toMatchObject({ resource: `${front.url}/mcp/none` });
    expect(await read(`${WELL_KNOWN}/mcp/files`, {}, "HEAD")).toMatchObject({ status: 200, text: "" });
  });

  it.each([
    [404, `${WELL_KNOWN}/`],
    [404, `${WELL_KNOWN}/mcp/`],
    [404, `${WELL_KNOWN}/mcp/files/`],
    [404, `${WELL_KNOWN}//mcp/files`],
    [404, `${WELL_KNOWN}/mcp/..%2Ffiles`],
    [404, `${WELL_KNOWN}/mcp/a%22b`],
    [404, `${WELL_KNOWN}/mcp/a%0D%0Ab`],
    [404, `${WELL_KNOWN}/mcp/files%00`],
    [404, `${WELL_KNOWN}/mcp/Files`],
    [404, `${WELL_KNOWN}/api/v1/gateway/servers`],
    [404, "/mcp/.well-known/oauth-protected-resource/files/x"],
    [404, "/.well-known/oauth-authorization-server"],
    [400, `${WELL_KNOWN}/mcp/%ff`],
    [400, `${WELL_KNOWN}/${"a".repeat(2_000)}`],
  ])("%i at %s", async (status, path) => {
    expect(await read(path)).toMatchObject({ status });
  });
});

describe("a request without a good token for the endpoint [GTW-1]", () => {
  it.each(["POST", "GET", "DELETE"])("is told where to get one: %s", async (method) => {
    const response = await send(gateway.url, {
      method,
      path: "/mcp/files",
      headers: { host: "localhost:9" },
    });
    expect(response.status).toBe(401);
    expect(challengeOf(response)).toBe(
      `Bearer realm="sark", scope="files:read", resource_metadata="${front.url}${WELL_KNOWN}/mcp/files"`,
    );
  });

  it.each([
    ["invalid_token", { aud: "https://elsewhere.example" }],
    ["invalid_token", { aud: "files" }],
    ["invalid_token", { exp: 1 }],
    ["invalid_token", { iss: "https://other.example" }],
    ["invalid_token", { scope: "files:read\tfiles:echo" }],
  ])("is told what is wrong with its own: %s %j", async (error, claims) => {
    const response = await send(gateway.url, toolCall("files", "echo", { text: "x" }, await bearer(claims)));
    expect(response.status).toBe(401);
    expect(challengeOf(response)).toContain(`error="${error}"`);
    expect(challengeOf(response)).toContain(`resource_metadata="${front.url}${WELL_KNOWN}/mcp/files"`);
  });

  it("has one for another endpoint, for the REST API, or the other way round", async () => {
    const scope = "files:read files:echo";
    const open = await bearer({ aud: `${front.url}/mcp/open`, scope });
    const api = await bearer({ aud: front.url, scope });
    const own = await bearer({ scope });
    const call = (headers: Record<string, string>) => toolCall("files", "echo", { text: "x" }, headers);
    expect(await send(gateway.url, call(own))).toMatchObject({ status: 200 });
    // Two ways to write the path are one endpoint, and one resource.
    expect(await send(gateway.url, { ...call(own), path: "/mcp/files/" })).toMatchObject({ status: 200 });
    expect(await send(gateway.url, { ...call(open), path: "/mcp/files/" })).toMatchObject({ status: 401 });
    expect(await send(gateway.url, { ...call(open), path: "/mcp/f%69les" })).toMatchObject({ status: 400 });
    for (const headers of [open, api, await bearer({ aud: `${files}/`, scope })]) {
      expect(await send(gateway.url, call(headers))).toMatchObject({ status: 401 });
    }
    const list = (headers: Record<string, string>) =>
      send(gateway.url, { method: "GET", path: "/api/v1/gateway/servers", headers });
    expect(await list(api)).toMatchObject({ status: 200 });
    const refused = await list(own);
    expect(refused.status).toBe(401);
    expect(challengeOf(refused)).toContain(`resource_metadata="${front.url}${WELL_KNOWN}"`);
    const whole = await bearer({ aud: "whole-gateway", scope });
    expect([(await list(whole)).status, (await send(gateway.url, call(whole))).status]).toEqual([200, 200]);
  });

  it("may not send it in the URL, nor beside another one", async () => {
    const headers = await bearer({ scope: "files:read files:echo" });
    const token = headers.authorization.slice("Bearer ".length);
    const call = toolCall("files", "echo", { text: "x" });
    for (const request of [
      { ...call, path: `${call.path}?access_token=${token}` },
      { ...call, path: `${call.path}?access_token=${token}`, headers: { ...call.headers, ...headers } },
      { ...call, path: `${call.path}?x=${token}`, headers: { ...call.headers, ...headers } },
    ]) {
      const response = await send(gateway.url, request);
      expect(response.status).toBe(401);
      expect(challengeOf(response)).toContain('error="invalid_request"');
    }
    expect(JSON.stringify(gateway.lines)).not.toContain(token.split(".")[2]);
  });
});

describe("a token that lacks scopes [GTW-1]", () => {
  const INSUFFICIENT = (scope: string) =>
    `Bearer realm="sark", error="insufficient_scope", scope="${scope}", resource_metadata="${front.url}${WELL_KNOWN}/mcp/files", error_description="The token lacks scopes for this."`;

  it("is told all that the call takes at once, in the head and in the error, with its id", async () => {
    const response = await send(gateway.url, toolCall("files", "echo", { text: "x" }, await bearer({})));
    expect(response.status).toBe(403);
    expect(challengeOf(response)).toBe(INSUFFICIENT("files:read files:echo"));
    expect(response.json).toMatchObject({
      id: expect.anything(),
      error: {
        code: -32010,
        data: { reason_code: "insufficient_scope", required_scopes: ["files:read", "files:echo"] },
      },
    });
  });

  it("is told so for what has no response of its own, too", async () => {
    const headers = { ...(await bearer({})), accept: "application/json, text/event-stream" };
    const notification = { jsonrpc: "2.0", method: "notifications/initialized" };
    for (const response of [
      await send(gateway.url, { path: "/mcp/files", headers, body: notification }),
      await send(gateway.url, { method: "GET", path: "/mcp/files", headers }),
    ]) {
      expect(response.status).toBe(403);
      expect(challengeOf(response)).toBe(INSUFFICIENT("files:read"));
    }
  });

  it("is not sent for others where policy denies the call anyway", async () => {
    const response = await send(gateway.url, toolCall("files", "add", { a: 1, b: 2 }, await bearer({})));
    expect(response).toMatchObject({
      status: 200,
      json: { error: { data: { reason_code: "denied_by_policy" } } },
    });
    expect(response.headers["www-authenticate"]).toBeUndefined();
  });

  it("in a batch has an error for each call that takes more", async () => {
    const request = (id: number, name: string) => ({
      jsonrpc: "2.0",
      id,
      method: "tools/call",
      params: { name, arguments: { text: "x" } },
    });
    const response = await send(gateway.url, {
      path: "/mcp/files",
      headers: { ...(await bearer({})), "mcp-protocol-version": "2025-03-26" },
      body: [request(1, "echo")],
    });
    expect(response.json).toMatchObject([{ id: 1, error: { data: { reason_code: "insufficient_scope" } } }]);
  });

  it("is told so by the REST API as a decision, which no context changes", async () => {
    const headers = await bearer({ aud: "whole-gateway", scope: "files:read" });
    const response = await send(gateway.url, {
      path: "/api/v1/gateway/authorize",
      headers,
      body: {
        action: "gateway:tool:invoke",
        server_name: "files",
        tool_name: "echo",
        parameters: { text: "x" },
        context: { method: "ping" },
      },
    });
    expect(response).toMatchObject({ status: 200, json: { allow: false } });
    expect(response.text).toContain("files:echo");
  });

  it("is shown what it may ask for at servers where it may do something, and nothing of others", async () => {
    const list = async (scope: string) => {
      const headers = await bearer({ aud: "whole-gateway", scope });
      const { json } = await send(gateway.url, { method: "GET", path: "/api/v1/gateway/tools", headers });
      return JSON.stringify(json);
    };
    expect(await list("files:read")).toMatch(/"echo".*"files"|"files".*"echo"/);
    const without = await list("unrelated");
    expect(without).toContain('"open"');
    expect(without).not.toContain('"files"');
  });

  it("asks nothing of API keys", async () => {
    const call = toolCall("files", "echo", { text: "x" }, { "x-api-key": gateway.apiKey });
    expect(await send(gateway.url, call)).toMatchObject({ status: 200, json: { result: expect.anything() } });
  });
});
