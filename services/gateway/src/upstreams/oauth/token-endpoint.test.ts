import type { ServerResponse } from "node:http";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { sendJson, serveTokens } from "../testing/authorization-server.ts";
import { serveHttp } from "../testing/http-servers.ts";
import {
  CLIENT_CREDENTIALS,
  createTokenEndpoint,
  TOKEN_EXCHANGE,
  type TokenEndpoint,
  type TokenEndpointOptions,
} from "./token-endpoint.ts";
import { TokenError } from "./token-error.ts";

const SECRET = "s3cret:with %/+ signs";

async function start(overrides: Partial<TokenEndpointOptions> = {}) {
  const server = await serveTokens();
  const endpoint = createTokenEndpoint({
    url: server.url.href,
    clientId: () => "sark",
    clientSecret: () => SECRET,
    clientAuthentication: "client_secret_basic",
    timeoutMs: 60_000,
    ...overrides,
  });
  onTestFinished(async () => {
    await endpoint.close();
    await server[Symbol.asyncDispose]();
  });
  const request = (...[grant, parameters, source = ""]: Asked) => endpoint.request(grant, parameters, source);
  return { server, endpoint: { request } };
}

type Asked = [
  ...(Parameters<TokenEndpoint["request"]> extends [infer Grant, infer Sent, string] ? [Grant, Sent] : never),
  source?: string,
];

async function fault(asked: Promise<unknown>): Promise<TokenError> {
  const error: unknown = await asked.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(TokenError);
  return error as TokenError;
}

const TOKEN = { access_token: "abc.def", token_type: "bearer", expires_in: 60 };
const ACCESS_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:access_token";
const json = (body: unknown) => (response: ServerResponse) => sendJson(response, 200, body);

describe("a token endpoint", () => {
  it("is sent id and secret in the header, encoded as RFC 6749 has it, or in the body", async () => {
    const basic = await start();
    expect(await basic.endpoint.request(CLIENT_CREDENTIALS, [["scope", "a b"]])).toEqual({
      value: "t1",
      lifetimeMs: 3_600_000,
    });
    const [inHeader] = basic.server.requests;
    expect(Buffer.from(inHeader?.authorization?.replace(/^Basic /, "") ?? "", "base64").toString()).toBe(
      "sark:s3cret%3Awith+%25%2F%2B+signs",
    );
    expect(Object.fromEntries(inHeader?.parameters ?? [])).toEqual({
      grant_type: "client_credentials",
      scope: "a b",
    });

    const post = await start({ clientAuthentication: "client_secret_post" });
    await post.endpoint.request(CLIENT_CREDENTIALS, []);
    const [inBody] = post.server.requests;
    expect(inBody?.authorization).toBeUndefined();
    expect(Object.fromEntries(inBody?.parameters ?? [])).toEqual({
      grant_type: "client_credentials",
      client_id: "sark",
      client_secret: SECRET,
    });
  });

  it("may leave the lifetime out; a long one is cut to a day", async () => {
    const { server, endpoint } = await start();
    server.respond(json({ access_token: "a", token_type: "bearer" }));
    expect(await endpoint.request(CLIENT_CREDENTIALS, [])).toEqual({ value: "a", lifetimeMs: null });
    server.respond(json({ ...TOKEN, expires_in: 1e300 }));
    expect(await endpoint.request(CLIENT_CREDENTIALS, [])).toMatchObject({ lifetimeMs: 86_400_000 });
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ["a page", (response) => response.writeHead(200, { "content-type": "text/html" }).end("<h1>")],
    [
      "JSON as text",
      (response) => response.writeHead(200, { "content-type": "text/plain" }).end(JSON.stringify(TOKEN)),
    ],
    ["no JSON", (response) => response.writeHead(200, { "content-type": "application/json" }).end("{")],
    ["a list", json([TOKEN])],
    ["null", json(null)],
    ["an empty 204", (response) => response.writeHead(204).end()],
    ["no token", json({ token_type: "bearer" })],
    ["an empty token", json({ ...TOKEN, access_token: "" })],
    ["a token that is none", json({ ...TOKEN, access_token: { a: 1 } })],
    ["a token with a line break", json({ ...TOKEN, access_token: "abc\r\nx-admin: 1" })],
    ["a token with a trailing line break", json({ ...TOKEN, access_token: "abc\n" })],
    ["a token with a space", json({ ...TOKEN, access_token: "abc def" })],
    ["a token of other letters", json({ ...TOKEN, access_token: "ab\u0107" })],
    ["a token with NUL", json({ ...TOKEN, access_token: "abc\0" })],
    ["a very long token", json({ ...TOKEN, access_token: "a".repeat(8_193) })],
    ["no type", json({ access_token: "abc" })],
    ["another type", json({ ...TOKEN, token_type: "mac" })],
    ["the type of none", json({ ...TOKEN, token_type: "N_A" })],
    ["a bound token", json({ ...TOKEN, token_type: "DPoP" })],
    ["a negative lifetime", json({ ...TOKEN, expires_in: -1 })],
    ["a lifetime that is no number", json({ ...TOKEN, expires_in: "soon" })],
    ["a lifetime of null", json({ ...TOKEN, expires_in: null })],
    [
      "an endless lifetime",
      (response) => {
        const text = JSON.stringify(TOKEN).replace("60", "1e999");
        response.writeHead(200, { "content-type": "application/json" }).end(text);
      },
    ],
  ])("that sends %s gives no token", async (_what, respond) => {
    const { server, endpoint } = await start();
    server.respond(respond);
    const error = await fault(endpoint.request(CLIENT_CREDENTIALS, []));
    expect(error.kind).toBe("refused");
    expect(error.message).toContain(server.url.href);
    expect(error.cause).toBeUndefined();
    // What it gives one caller by mistake keeps no other from asking.
    server.respond(null);
    expect(await endpoint.request(CLIENT_CREDENTIALS, [])).toMatchObject({ value: "t2" });
  });

  it.each([
    [undefined],
    ["urn:ietf:params:oauth:token-type:id_token"],
    ["urn:ietf:params:oauth:token-type:refresh_token"],
  ])("gives nothing of use where it exchanges a token for one of type %s", async (issued_token_type) => {
    const { server, endpoint } = await start();
    server.respond(json({ ...TOKEN, issued_token_type }));
    expect((await fault(endpoint.request(TOKEN_EXCHANGE, []))).message).toContain(
      "other than an access token",
    );
  });

  it.each<[string, (response: ServerResponse) => void, RegExp]>([
    [
      "a body without end",
      (response) => {
        response.writeHead(200, { "content-type": "application/json" });
        const more = () => {
          while (!response.destroyed && response.write(" ".repeat(16_384))) {}
          response.once("drain", more);
        };
        more();
      },
      /more than 65536 bytes/,
    ],
    [
      "an error without end",
      (response) => void response.writeHead(400).write(" ".repeat(100_000)),
      /more than 65536/,
    ],
    [
      "a head that is too long",
      (response) => response.writeHead(200, { x: "y".repeat(20_000) }).end(),
      /HEADERS_OVERFLOW|Overflow/,
    ],
    [
      "half a response",
      (response) => {
        response.writeHead(200, { "content-length": "100" }).write("{");
        response.destroy();
      },
      /could not be asked/,
    ],
    [
      "a redirect",
      (response) => response.writeHead(307, { location: "http://127.0.0.1:1/" }).end(),
      /redirects are not followed/,
    ],
    ["500", (response) => sendJson(response, 500, TOKEN), /500/],
    ["401", (response) => response.writeHead(401, { "www-authenticate": "Basic" }).end(), /check `clientId`/],
    [
      "invalid_client",
      (response) => sendJson(response, 400, { error: "invalid_client" }),
      /check `clientId`/,
    ],
    ["404", (response) => response.writeHead(404).end(), /check `tokenEndpoint`/],
  ])("that responds with %s is left alone for a while", async (_what, respond, message) => {
    const now = performance.now();
    const clock = vi.spyOn(performance, "now").mockReturnValue(now);
    onTestFinished(() => clock.mockRestore());
    const { server, endpoint } = await start();
    server.respond(respond);
    const error = await fault(endpoint.request(CLIENT_CREDENTIALS, []));
    expect(error).toMatchObject({ kind: "unavailable", message: expect.stringMatching(message) as string });
    server.respond(null);
    clock.mockReturnValue(now + 999);
    expect(await fault(endpoint.request(CLIENT_CREDENTIALS, []))).toBe(error);
    expect(server.requests).toHaveLength(1);
    clock.mockReturnValue(now + 1_000);
    expect(await endpoint.request(CLIENT_CREDENTIALS, [])).toMatchObject({ value: "t2" });
  });

  it.each(["invalid_grant", "invalid_scope", "invalid_target", "access_denied", "made_up", "constructor"])(
    "that refuses one request with %s is asked by the next caller",
    async (name) => {
      const { server, endpoint } = await start();
      server.respond((response) => sendJson(response, 400, { error: name }));
      expect((await fault(endpoint.request(TOKEN_EXCHANGE, []))).kind).toBe("refused");
      await fault(endpoint.request(TOKEN_EXCHANGE, []));
      expect(server.requests).toHaveLength(2);
    },
  );

  it("is asked by callers in turn: one with many tokens, at a slow endpoint, holds up no other one", async () => {
    const { server, endpoint } = await start();
    const held: ServerResponse[] = [];
    server.respond((response, { parameters }) => {
      if (parameters.get("subject_token")?.startsWith("mallory") === true) {
        held.push(response);
      } else {
        sendJson(response, 200, { ...TOKEN, issued_token_type: ACCESS_TOKEN_TYPE });
      }
    });
    const ask = (source: string, at: number) =>
      endpoint.request(TOKEN_EXCHANGE, [["subject_token", `${source}-${at}`]], source);
    const pending = [0, 1, 2, 3].map((at) => ask("mallory", at));
    // A busy thread begins them in several turns, and one that has not begun takes a place of those that wait.
    await vi.waitFor(() => expect(held).toHaveLength(4));
    for (let at = 4; at < 68; at += 1) {
      pending.push(ask("mallory", at));
    }
    expect((await fault(ask("mallory", 68))).kind).toBe("refused");
    expect(await ask("alice", 0)).toMatchObject({ value: "abc.def" });
    expect(held).toHaveLength(4);

    // Its own time goes by only once it is its turn, so that none of them is taken for a fault of the endpoint.
    server.respond(null);
    for (const response of held) {
      sendJson(response, 200, { ...TOKEN, issued_token_type: ACCESS_TOKEN_TYPE });
    }
    expect(await Promise.all(pending)).toHaveLength(68);
  });

  it("says in no error what was sent or received", async () => {
    const { server, endpoint } = await start();
    const echo = { error: SECRET, error_description: `${SECRET} subject-token t-echo` };
    server.respond((response) => sendJson(response, 400, echo));
    const error = await fault(endpoint.request(TOKEN_EXCHANGE, [["subject_token", "subject-token"]]));
    expect(`${error.stack}`).not.toMatch(/s3cret|subject-token|t-echo/);
  });

  it("that does not respond is waited for no longer than its time, and one that redirects is not followed", async () => {
    const elsewhere: string[] = [];
    const other = await serveHttp((request, response) => {
      elsewhere.push(request.url ?? "");
      response.end();
    });
    onTestFinished(() => other[Symbol.asyncDispose]());
    const slow = await start({ timeoutMs: 50 });
    slow.server.respond(() => {});
    expect((await fault(slow.endpoint.request(CLIENT_CREDENTIALS, []))).message).toContain("within 50 ms");
    const dripping = await start({ timeoutMs: 50 });
    dripping.server.respond((response) => void response.writeHead(200).write("{"));
    expect((await fault(dripping.endpoint.request(CLIENT_CREDENTIALS, []))).kind).toBe("unavailable");
    const moved = await start();
    moved.server.respond((response) => response.writeHead(308, { location: other.url.href }).end());
    await fault(moved.endpoint.request(CLIENT_CREDENTIALS, []));
    expect(elsewhere).toEqual([]);
  });
});
