import { parseJson } from "@sark/audit/json";
import { createServer, type RequestListener, type Server } from "node:http";
import { once } from "node:events";
import { createServer as createTcpServer, type AddressInfo } from "node:net";
import { requireServer, startOpa, type OpaHandle } from "@sark/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { JsonObject } from "@sark/json";
import type { CacheableEngine } from "../decisions.ts";
import { agent, query, tool, user } from "../testing/queries.ts";
import { createRecordingObserver } from "../testing/recording-observer.ts";
import { createOpaEngine, type OpaEngineOptions } from "./opa-engine.ts";

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) {
    await cleanup();
  }
});

function engineAt(url: string, options: Partial<OpaEngineOptions> = {}) {
  const observer = createRecordingObserver();
  const engine = createOpaEngine({ url, observer, timeoutMs: 30_000, ...options });
  cleanups.push(() => engine.close());
  return { engine, observer };
}

const ECHO = `package test.echo
allow := input.principal.id == "alice"
reason := sprintf("%s: %s", [input.action, json.marshal(input)])
policies := ["one", "two"]
filtered_parameters := object.remove(input.context.parameters, ["password"])
cache_ttl := 7`;

describe.skipIf(requireServer("opa") === null)("a real OPA", () => {
  let opa: OpaHandle;
  beforeAll(async () => {
    opa = await startOpa({
      policies: {
        "echo.rego": ECHO,
        "bare.rego": 'package test.bare\nallow if input.user.role == "dev"',
        "sark.rego": `package test.sark
          default allow := false
          allow if { input.user.role == "developer"; input.tool.sensitivity_level in ["low", "medium"]; input.tool.parameters.n == 1
            input.server.name == "everything"; time.clock(input.context.timestamp)[0] >= 0; input.context.timestamp > 1700000000000000000 }
          allow if { input.source_agent.type == "service"; input.target_agent.trust_level == "trusted"; input.target_agent.environment == "staging" }
          audit_reason := "as SARK says"`,
        "wrong.rego": 'package test.wrong\nallow := "yes"',
        "conflict.rego": "package test.conflict\nallow := x if { some x in [true, false] }",
      },
      revision: "rev-7",
    });
  });
  afterAll(() => opa.close());

  it("decides: with reason, policies, filtered parameters, decision id and bundle revision", async () => {
    const { engine, observer } = engineAt(opa.url, { path: "test/echo" });
    const decision = await engine.decide(query({ context: { parameters: { a: 1, password: "x" } } }));
    expect(decision).toMatchObject({
      allow: true,
      code: "allowed",
      policies: ["one", "two"],
      engine: "opa",
      revision: "rev-7",
      decisionId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      filteredParameters: { a: 1 },
      cacheTtlSeconds: 7,
      cached: false,
    });
    expect(engine.status()).toEqual({ engine: "opa", revision: "rev-7", policies: null, loadError: null });
    expect(observer.seen("decided")).toMatchObject([{ engine: "opa", code: "allowed", fault: null }]);
    const denied = await engine.decide(query({ principal: user("bob") }));
    expect(denied).toMatchObject({ allow: false, code: "denied_by_policy", filteredParameters: null });
    await engine.check(new AbortController().signal);
  });

  it("is given all digits of numbers, and they come back from it", async () => {
    const { engine } = engineAt(opa.url, { path: "test/echo" });
    const text = '{"a":9007199254740993,"b":[1e+400,123456789012345678901234567890],"c":0.1}';
    const parameters = parseJson(text) as JsonObject;
    const { reason, filteredParameters } = await engine.decide(query({ context: { parameters } }));
    expect(reason).toContain(`"parameters":${text}`);
    expect(JSON.stringify(filteredParameters)).toBe(text);
    expect(engine.visibleContext({ parameters })).toBe(`{"parameters":${text}}`);
  });

  it("is given the whole query, and the same under SARK's names", async () => {
    const { engine } = engineAt(opa.url, { path: "test/echo" });
    const principal = user("alice", {
      roles: ["developer", "ops"],
      tenant: "acme",
      attributes: { email: "a@b.c" },
    });
    const { reason } = await engine.decide(
      query({
        principal,
        context: { parameters: { n: 1 }, params: { requestState: "s" }, method: "tools/call" },
      }),
    );
    const input = JSON.parse(reason.slice(reason.indexOf("{"))) as JsonObject;
    expect(input).toEqual({
      principal: { ...principal },
      action: "gateway:tool:invoke",
      resource: tool("echo"),
      context: {
        parameters: { n: 1 },
        params: { requestState: "s" },
        method: "tools/call",
        timestamp: expect.any(Number) as number,
      },
      user: {
        id: "alice",
        type: "user",
        role: "developer",
        roles: ["developer", "ops"],
        teams: [],
        tenant: "acme",
        actor: null,
        email: "a@b.c",
      },
      tool: { name: "echo", server_name: "everything", sensitivity_level: "low", parameters: { n: 1 } },
      server: { name: "everything" },
    });
  });

  it("understands rego as SARK's users write it", async () => {
    const { engine } = engineAt(opa.url, { path: "test/sark" });
    const principal = user("alice", { roles: ["developer"] });
    // A caller's own clock does not count.
    const context = { parameters: { n: 1 }, timestamp: 0 };
    expect(await engine.decide(query({ principal, context }))).toMatchObject({
      allow: true,
      reason: "as SARK says",
    });
    expect((await engine.decide(query({ principal, resource: tool("x", "high"), context }))).allow).toBe(
      false,
    );
    const asked = query({
      principal: agent("s", { agent_type: "service" }),
      action: "gateway:a2a:query",
      resource: { type: "agent", id: "t", attributes: { trust_level: "trusted" } },
      context: { target_environment: "staging" },
    });
    expect((await engine.decide(asked)).allow).toBe(true);
  });

  it.each([
    ["no document", "test/nothing", "policy_unavailable", "no document at test/nothing"],
    ["a decision in place of a package", "test/echo/allow", "policy_error", "no object with `allow`"],
    ["no `allow`", "test/bare", "policy_error", "no boolean `allow`"],
    ["an `allow` that is no boolean", "test/wrong", "policy_error", "no boolean `allow`"],
    ["a conflict in evaluation", "test/conflict", "policy_error", "status 500"],
    ["a path that needs quoting", "test/a b?c", "policy_unavailable", "no document at test/a b?c"],
  ])("denies where there is %s", async (_what, path, code, problem) => {
    const { engine, observer } = engineAt(opa.url, { path });
    const decision = await engine.decide(query());
    expect(decision).toMatchObject({ allow: false, code, cacheTtlSeconds: 0 });
    expect(decision.reason).toContain(problem);
    expect(observer.seen("decided")[0]?.fault).toBe(decision.reason);
  });

  it("fails its check where there is no document", async () => {
    const { engine } = engineAt(opa.url, { path: "test/nothing" });
    await expect(engine.check(new AbortController().signal)).rejects.toThrow("no document");
  });

  it("that hangs is a denial in time, and one that wakes up decides again", async () => {
    const { engine } = engineAt(opa.url, { path: "test/echo", timeoutMs: 300 });
    await vi.waitFor(async () => expect((await engine.decide(query())).code).toBe("allowed"), {
      timeout: 30_000,
    });
    opa.pause();
    try {
      // A process does not stop in the instant that it is told to.
      await vi.waitFor(async () => expect((await engine.decide(query())).code).toBe("policy_timeout"), {
        timeout: 30_000,
      });
      await expect(engine.check(new AbortController().signal)).rejects.toThrow("within 300 ms");
    } finally {
      opa.resume();
    }
    await vi.waitFor(async () => expect((await engine.decide(query())).code).toBe("allowed"), {
      timeout: 30_000,
    });
  });

  it("that is killed is a denial", async () => {
    const mortal = await startOpa({ policies: { "echo.rego": ECHO } });
    const { engine } = engineAt(mortal.url, { path: "test/echo" });
    expect(await engine.decide(query())).toMatchObject({ allow: true, revision: null });
    await mortal.close();
    expect(await engine.decide(query())).toMatchObject({ allow: false, code: "policy_unavailable" });
  });
});

describe("an OPA that cannot be trusted to respond", () => {
  async function listening(server: Server): Promise<string> {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    cleanups.push(async () => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
  const serving = (listener: RequestListener) => listening(createServer(listener));
  const saying = (body: string, status = 200) =>
    serving((_request, response) => response.writeHead(status).end(body));

  it.each([
    ["nothing", "", 200, "policy_error"],
    ["garbage", "<html>", 200, "policy_error"],
    ["no object", "[]", 200, "policy_error"],
    ["no result", "{}", 200, "policy_unavailable"],
    ["null", '{"result":null}', 200, "policy_error"],
    ["an allow of 1", '{"result":{"allow":1}}', 200, "policy_error"],
    ["an allow of null", '{"result":{"allow":null}}', 200, "policy_error"],
    [
      "filtered parameters that are none",
      '{"result":{"allow":true,"filtered_parameters":"x"}}',
      200,
      "policy_error",
    ],
    [
      "a list of filtered parameters",
      '{"result":{"allow":true,"filtered_parameters":[]}}',
      200,
      "policy_error",
    ],
    ["a negative cache_ttl", '{"result":{"allow":true,"cache_ttl":-1}}', 200, "policy_error"],
    ["more than is read", `{"result":{"allow":true,"x":"${"x".repeat(1_100_000)}"}}`, 200, "policy_error"],
    ["a redirection", '{"result":{"allow":true}}', 302, "policy_error"],
    ["not found", '{"result":{"allow":true}}', 404, "policy_error"],
    ["unauthorized", '{"result":{"allow":true}}', 401, "policy_error"],
    ["an internal error", '{"result":{"allow":true}}', 500, "policy_error"],
    ["overload", '{"result":{"allow":true}}', 503, "policy_unavailable"],
    ["too many requests", '{"result":{"allow":true}}', 429, "policy_unavailable"],
  ])("responds with %s: denied", async (_what, body, status, code) => {
    const { engine } = engineAt(await saying(body, status));
    const decision = await engine.decide(query());
    expect(decision).toMatchObject({ allow: false, code });
    expect(decision.reason.length).toBeLessThan(300);
  });

  it("responds with a plain yes and oddities around it: allowed, and the oddities bounded", async () => {
    const result = {
      allow: true,
      reason: ["a", 1, "b"],
      policies: ["p".repeat(500), 7, ...Array(100).fill("q")],
    };
    const body = {
      result,
      decision_id: 7,
      provenance: { bundles: { x: { revision: "1" }, y: { revision: "2" }, z: 3 } },
    };
    const { engine } = engineAt(await saying(JSON.stringify(body)));
    const decision = await engine.decide(query());
    expect(decision).toMatchObject({ allow: true, reason: "a; b", revision: "x=1,y=2", decisionId: null });
    expect(decision.policies).toHaveLength(32);
    expect(decision.policies[0]).toHaveLength(128);
  });

  it("is not there: denied", async () => {
    const server = createServer();
    const url = await listening(server);
    server.close();
    await once(server, "close");
    expect(await engineAt(url).engine.decide(query())).toMatchObject({
      allow: false,
      code: "policy_unavailable",
    });
  });

  it("does not speak HTTP: denied", async () => {
    const server = createTcpServer((socket) => socket.on("error", () => {}).end("SSH-2.0-OpenSSH\r\n"));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    cleanups.push(async () => server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await engineAt(url).engine.decide(query())).toMatchObject({ allow: false, code: "policy_error" });
  });

  it.each([
    ["before it responds", () => {}],
    [
      "within its response",
      (response: Parameters<RequestListener>[1]) => response.write('{"result":{"allow":true}'),
    ],
  ])("hangs up %s: asked once more, then denied", async (_what, before) => {
    let requests = 0;
    const url = await serving((request, response) => {
      requests++;
      before(response);
      setImmediate(() => request.socket.destroy());
    });
    expect(await engineAt(url).engine.decide(query())).toMatchObject({
      allow: false,
      code: "policy_unavailable",
    });
    expect(requests).toBe(2);
  });

  it.each([
    ["never", () => {}],
    [
      "in drips",
      (response: Parameters<RequestListener>[1]) => {
        const drip = setInterval(() => response.write(" "), 20);
        response.on("close", () => clearInterval(drip));
      },
    ],
  ])("responds with %s: denied in time", async (_what, respond) => {
    const url = await serving((_request, response) => respond(response));
    const { engine } = engineAt(url, { timeoutMs: 200 });
    expect(await engine.decide(query())).toMatchObject({ allow: false, code: "policy_timeout" });
  });

  it("is asked by a bounded number of connections, and of decisions", async () => {
    let most = 0;
    let open = 0;
    const waiting: (() => void)[] = [];
    const server = createServer((_request, response) =>
      waiting.push(() => response.end('{"result":{"allow":true}}')),
    );
    server.on("connection", (socket) => {
      most = Math.max(most, ++open);
      socket.on("close", () => open--);
    });
    const { engine } = engineAt(await listening(server), { connections: 3, maxPending: 10 });
    const decisions = Array.from({ length: 12 }, () => engine.decide(query()));
    let done = 0;
    for (const decision of decisions) {
      void decision.then(() => done++);
    }
    await vi.waitFor(
      () => {
        for (const respond of waiting.splice(0)) {
          respond();
        }
        expect(done).toBe(12);
      },
      { timeout: 30_000, interval: 5 },
    );
    const codes = (await Promise.all(decisions)).map(({ code }) => code);
    expect(codes.filter((code) => code === "allowed")).toHaveLength(10);
    expect(codes.slice(10)).toEqual(["policy_unavailable", "policy_unavailable"]);
    expect(most).toBeLessThanOrEqual(3);
  });

  it("is sent its token, and arguments too deep to write down are denied", async () => {
    let authorization: string | undefined;
    const url = await serving((request, response) => {
      authorization = request.headers.authorization;
      response.end('{"result":{"allow":true}}');
    });
    const { engine } = engineAt(`${url}/`, { token: () => "secret" });
    expect((await engine.decide(query())).allow).toBe(true);
    expect(authorization).toBe("Bearer secret");
    let parameters: JsonObject = {};
    for (let level = 0; level < 100_000; level++) {
      parameters = { parameters };
    }
    expect(await engine.decide(query({ context: parameters }))).toMatchObject({
      allow: false,
      code: "policy_error",
    });
  });
});

describe("the context that OPA sees", () => {
  it("is all of it", () => {
    const engine: CacheableEngine = engineAt("http://127.0.0.1:1").engine;
    expect(engine.visibleContext({ b: 1, a: [{ d: null, c: "x" }] })).toBe(
      '{"a":[{"c":"x","d":null}],"b":1}',
    );
  });
});
