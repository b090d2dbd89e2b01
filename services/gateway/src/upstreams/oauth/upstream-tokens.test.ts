import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { inspect } from "node:util";
import { createSigningKey, signToken } from "@sark/testkit";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { Caller } from "../../domain/governance.ts";
import { upstreamConfigSchema } from "../contract/config.ts";
import type { UpstreamEvent } from "../contract/observer.ts";
import { createUpstreams } from "../registry.ts";
import { sendJson, serveTokens } from "../testing/authorization-server.ts";
import { failure } from "../testing/failure.ts";
import { serveHttp } from "../testing/http-servers.ts";
import { get, post, remove } from "../testing/requests.ts";

const PING = { jsonrpc: "2.0", id: 1, method: "ping" } as const;
const key = await createSigningKey("ES256");

async function callerWith(claims: Record<string, unknown>): Promise<Caller & { subjectToken(): string }> {
  const token = await signToken({ exp: Math.floor(Date.now() / 1_000) + 3_600, ...claims }, key);
  return { ...KEY_CALLER, subjectToken: () => token };
}

const KEY_CALLER: Caller = {
  principal: {
    id: "alice",
    type: "user",
    actor: null,
    tenant: null,
    roles: [],
    attributes: {},
    method: "api_key",
  },
  correlationId: "c",
  clientAddress: "127.0.0.1",
  credential: "api_key:k",
  traceHeaders: {},
};

/** An upstream with tokens, before a server that refuses those in `withdrawn`. */
async function start(oauth: Record<string, unknown> = {}) {
  const tokens = await serveTokens();
  const seen: string[] = [];
  const withdrawn = new Set<string>();
  const server = await serveHttp((request, response) => {
    const { authorization = "" } = request.headers;
    seen.push(authorization);
    if (withdrawn.has(authorization) || withdrawn.has("*")) {
      response.writeHead(401, { "www-authenticate": 'Bearer error="invalid_token"' }).end("no");
    } else {
      sendJson(response, 200, { jsonrpc: "2.0", id: 1, result: {} });
    }
  });
  const events: UpstreamEvent[] = [];
  const config = upstreamConfigSchema.parse({
    name: "u",
    transport: "http",
    url: server.url.href,
    oauth: {
      tokenEndpoint: tokens.url.href,
      clientId: "sark",
      clientSecret: "${CLIENT_SECRET}",
      ...oauth,
    },
  });
  const upstreams = createUpstreams([config], {
    environment: { CLIENT_SECRET: "hunter2" },
    observer: (_name, event) => void events.push(event),
  });
  onTestFinished(async () => {
    await upstreams.close();
    await server[Symbol.asyncDispose]();
    await tokens[Symbol.asyncDispose]();
  });
  const upstream = upstreams.get("u")?.upstream;
  if (upstream === undefined) {
    throw new Error("not registered");
  }
  const call = async (caller: Caller | null = null, signal?: AbortSignal) => {
    const response = await upstream.exchange({ ...post(PING, {}, signal), caller });
    await json(response.body).catch(() => {});
    return response.status;
  };
  return { tokens, seen, withdrawn, events, upstream, call };
}

const EXCHANGE = { grant: "token_exchange", audience: "tools", resource: "https://tools.example.com/mcp" };

describe("client credentials", () => {
  it("are one token for all callers and requests, asked for once with scopes, resource and audience [GTW-1]", async () => {
    const { tokens, seen, upstream, call } = await start({
      scopes: ["read", "write"],
      resource: "https://tools.example.com/mcp",
      audience: "tools",
    });
    const alice = await callerWith({ sub: "alice" });
    await Promise.all([call(), call(alice), call(KEY_CALLER)]);
    (await upstream.exchange(get({}))).body.destroy();
    (await upstream.exchange(remove({}))).body.destroy();
    await upstream.check(new AbortController().signal);
    expect(new Set(seen)).toEqual(new Set(["Bearer t1"]));
    expect(seen).toHaveLength(6);
    expect(tokens.requests.map(({ parameters }) => Object.fromEntries(parameters))).toEqual([
      {
        grant_type: "client_credentials",
        scope: "read write",
        resource: "https://tools.example.com/mcp",
        audience: "tools",
      },
    ]);
  });

  it("are renewed once when the server refuses them, and not over and over when it refuses all", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    onTestFinished(() => void vi.useRealTimers());
    const { tokens, seen, withdrawn, call } = await start();
    expect(await call()).toBe(200);
    vi.advanceTimersByTime(20_000);
    withdrawn.add("Bearer t1");
    expect(await Promise.all([call(), call(), call()])).toEqual([200, 200, 200]);
    expect(seen.filter((sent) => sent === "Bearer t2")).toHaveLength(3);
    expect(tokens.requests).toHaveLength(2);

    withdrawn.add("*");
    seen.length = 0;
    expect(await Promise.all([call(), call(), call()])).toEqual([401, 401, 401]);
    expect(seen).toEqual(["Bearer t2", "Bearer t2", "Bearer t2"]);
    vi.advanceTimersByTime(20_000);
    seen.length = 0;
    expect(await call()).toBe(401);
    expect(seen).toEqual(["Bearer t2", "Bearer t3"]);
    expect(tokens.requests).toHaveLength(3);
  });

  it("that cannot be had fail the call with a code and the remedy, and the health check, quickly from then on", async () => {
    const { tokens, seen, events, upstream, call } = await start();
    tokens.respond((response) => sendJson(response, 401, { error: "invalid_client" }));
    expect(await failure(call())).toMatchObject({
      code: "upstream_credentials",
      message: `no token for upstream "u" could be had: the token endpoint ${tokens.url.href} responded with 401 and invalid_client: check \`clientId\`, \`clientSecret\` and \`clientAuthentication\``,
    });
    await expect(upstream.check(new AbortController().signal)).rejects.toThrow("invalid_client");
    await failure(call());
    expect(tokens.requests).toHaveLength(1);
    expect(seen).toEqual([]);
    expect(events.map(({ type }) => type)).toContain("failed");
    expect(JSON.stringify(events)).not.toContain("hunter2");
  });

  it("hold up no caller who leaves, and are there for the next one", async () => {
    const { tokens, call } = await start();
    const waiting = Promise.withResolvers<() => void>();
    tokens.respond((response) =>
      waiting.resolve(() =>
        sendJson(response, 200, { access_token: "late", token_type: "bearer", expires_in: 60 }),
      ),
    );
    const left = new AbortController();
    const first = call(null, left.signal);
    const release = await waiting.promise;
    left.abort();
    expect((await failure(first)).code).toBe("cancelled");
    const second = call();
    release();
    expect(await second).toBe(200);
    expect(tokens.requests).toHaveLength(1);
  });

  it("are asked for with the secret of now", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sark-oauth-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "secret");
    writeFileSync(file, "one");
    const { tokens, call } = await start({ clientSecret: `\${file:${file}}` });
    tokens.respond((response) =>
      sendJson(response, 200, { access_token: "a", token_type: "bearer", expires_in: 0 }),
    );
    await call();
    writeFileSync(file, "two");
    await call();
    const secrets = tokens.requests.map(({ authorization = "" }) =>
      Buffer.from(authorization.slice("Basic ".length), "base64").toString(),
    );
    expect(secrets).toEqual(["sark:one", "sark:two"]);
  });
});

describe("token exchange", () => {
  it("gives each caller a token of its own for the server, and the server never the caller's [GTW-1]", async () => {
    const { tokens, seen, call } = await start(EXCHANGE);
    const [alice, bob] = [await callerWith({ sub: "alice" }), await callerWith({ sub: "bob" })];
    await Promise.all([call(alice), call(alice)]);
    await call(bob);
    await call(alice);
    expect(seen).toEqual(["Bearer t1", "Bearer t1", "Bearer t2", "Bearer t1"]);
    expect(tokens.requests.map(({ parameters }) => Object.fromEntries(parameters))).toEqual(
      [alice, bob].map((caller) => ({
        grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
        subject_token: caller.subjectToken(),
        subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
        requested_token_type: "urn:ietf:params:oauth:token-type:access_token",
        resource: "https://tools.example.com/mcp",
        audience: "tools",
      })),
    );
  });

  it("does not take one token of a caller for another one, which may be good for less", async () => {
    const { seen, call } = await start(EXCHANGE);
    await call(await callerWith({ sub: "alice", scope: "everything" }));
    await call(await callerWith({ sub: "alice", scope: "little" }));
    expect(seen).toEqual(["Bearer t1", "Bearer t2"]);
  });

  it("is good no longer than the caller's token, however long the other one lives", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    onTestFinished(() => void vi.useRealTimers());
    const { tokens, seen, call } = await start(EXCHANGE);
    const alice = await callerWith({ sub: "alice", exp: Math.floor(Date.now() / 1_000) + 60 });
    await call(alice);
    vi.advanceTimersByTime(61_000);
    tokens.respond((response) => sendJson(response, 400, { error: "invalid_grant" }));
    expect((await failure(call(alice))).code).toBe("upstream_credentials");
    expect(seen).toEqual(["Bearer t1"]);
  });

  it("refuses callers with an API key, and asks for itself as itself", async () => {
    const { tokens, seen, upstream, call } = await start(EXCHANGE);
    expect(await failure(call(KEY_CALLER))).toMatchObject({
      code: "upstream_credentials",
      message: expect.stringContaining("has to authenticate with one") as string,
    });
    expect(seen).toEqual([]);
    await upstream.check(new AbortController().signal);
    expect(tokens.requests.map(({ parameters }) => parameters.get("grant_type"))).toEqual([
      "client_credentials",
    ]);
  });

  it("asks for nothing with a token that has expired, as when it ends a session later on", async () => {
    const { tokens, seen, call } = await start(EXCHANGE);
    const late = await callerWith({ sub: "alice", exp: Math.floor(Date.now() / 1_000) - 1 });
    expect(await failure(call(late))).toMatchObject({
      code: "upstream_credentials",
      message: expect.stringContaining("the caller's token has expired") as string,
    });
    expect([tokens.requests, seen]).toEqual([[], []]);
  });

  it("lets callers with an API key go as the gateway where that is configured", async () => {
    const { tokens, call } = await start({ ...EXCHANGE, callersWithoutToken: "client_credentials" });
    expect(await call(KEY_CALLER)).toBe(200);
    expect(await call(await callerWith({ sub: "alice" }))).toBe(200);
    expect(tokens.requests.map(({ parameters }) => parameters.has("subject_token"))).toEqual([false, true]);
  });

  it("that is refused to one caller is none of another's business", async () => {
    const { tokens, seen, call } = await start(EXCHANGE);
    const mallory = await callerWith({ sub: "mallory" });
    tokens.respond((response) => sendJson(response, 400, { error: "invalid_grant" }));
    await failure(call(mallory));
    await failure(call(mallory));
    expect(tokens.requests).toHaveLength(1);
    tokens.respond(null);
    expect(await call(await callerWith({ sub: "alice" }))).toBe(200);
    expect(seen).toEqual(["Bearer t2"]);
  });

  it("shows the caller's token to nothing that writes a caller", async () => {
    const caller = await callerWith({ sub: "alice" });
    const written = [JSON.stringify(caller), inspect(caller, { depth: 9, showHidden: true })].join("\n");
    expect(written).not.toContain(caller.subjectToken());
  });
});

describe("the configuration", () => {
  const valid = {
    tokenEndpoint: "https://id.example.com/token",
    clientId: "sark",
    clientSecret: "${SECRET}",
  };
  const problems = (oauth: Record<string, unknown>, more: Record<string, unknown> = {}) =>
    upstreamConfigSchema
      .safeParse({ name: "u", transport: "http", url: "https://u.example.com/mcp", oauth, ...more })
      .error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];

  it("takes http on loopback addresses only, and no secret as it is", () => {
    expect(problems(valid)).toEqual([]);
    for (const url of ["http://127.0.0.1:8080/token", "http://localhost/token", "http://[::1]/t"]) {
      expect(problems({ ...valid, tokenEndpoint: url })).toEqual([]);
    }
    for (const url of [
      "http://id.example.com/token",
      "http://127.0.0.1.example.com/",
      "http://localhost.example.com/",
      "http://0.0.0.0/",
      "https://user:pass@id.example.com/token",
      "https://id.example.com/token#x",
      "https://id.example.com/${TENANT}",
      "file:///etc/passwd",
      "//id.example.com",
    ]) {
      expect(problems({ ...valid, tokenEndpoint: url })).toHaveLength(1);
    }
    expect(problems({ ...valid, clientSecret: "hunter2" })).toEqual([
      expect.stringContaining("must not hold the secret itself"),
    ]);
    expect(problems({ ...valid, scopes: ["a b"] })).toHaveLength(1);
    expect(problems({ ...valid, scopes: ['a"b'] })).toHaveLength(1);
  });

  it("has one place for Authorization", () => {
    expect(problems(valid, { headers: { AUTHORIZATION: "Bearer ${TOKEN}" } })).toEqual([
      "oauth: either `headers` has Authorization, or `oauth` gets it",
    ]);
  });

  it("names the setting whose secret is missing", () => {
    const config = upstreamConfigSchema.parse({
      name: "u",
      transport: "http",
      url: "https://u.example.com/mcp",
      oauth: valid,
    });
    expect(() => createUpstreams([config], { environment: {}, observer: () => {} })).toThrow(
      "upstreams.u.oauth.clientSecret: the environment variable SECRET is not set",
    );
  });
});
