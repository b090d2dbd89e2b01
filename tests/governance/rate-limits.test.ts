import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PEER_SESSION_REVISION, startMcpServer, startTokenIssuer } from "@sark/testkit";
import { startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { auditRows, metric } from "../support/observed.ts";
import { CLIENTS, connectClient } from "../support/official-clients.ts";
import { send, toolCall, type RawResponse } from "../support/requests.ts";

const issuer = await startTokenIssuer({ audience: "sark" });
let forwarded = 0;
const upstream = await startMcpServer({ onRequest: () => void (forwarded += 1) });
let gateway: GatewayUnderTest;

const toolOf = (stop: string) => `tool_${stop.replace(" ", "_")}`;

/** What callers have in common, by a name of its own for each test that uses it up. */
const COMMON = ["by policy", "by budget"].flatMap((stop) => [
  { for: "tenant", name: `tenant ${stop}`, requests: 3, period: "1h" },
  { for: "tool", server: "tools", name: toolOf(stop), requests: 3, period: "1h" },
]);
const RULES = [
  { for: "user", requests: 4, period: "1h" },
  { for: "user", name: "root", requests: 1_000, period: "1h" },
  { for: "user", tenant: "bulk", requests: 1_000, period: "1h" },
  { for: "tenant", name: "bulk", requests: 3, period: "1h" },
  { for: "server", name: "scarce", requests: 3, period: "1h" },
  ...COMMON,
];

beforeAll(async () => {
  gateway = await startGatewayUnderTest({
    upstreams: ["tools", "scarce"].map((name) => ({
      name,
      transport: "http",
      url: upstream.url,
      sensitivity: "low",
    })),
    config: {
      authentication: { jwt: [{ issuer: issuer.issuer, audiences: ["sark"], jwksUrl: issuer.jwksUrl }] },
      rateLimits: { rules: RULES },
      quotas: {
        prices: [{ server: "tools", tool: toolOf("by budget"), perCall: "1" }],
        budgets: [{ for: "user", name: "mallory by budget", daily: "0.5" }],
      },
    },
    policies: {
      "everyone.cedar": "permit(principal, action, resource);",
      "mallory.cedar": `forbid(principal, action, resource) when { principal.id like "mallory by policy*" };`,
    },
  });
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
  await issuer.close();
});

async function as(sub: string, more: Record<string, unknown> = {}): Promise<Record<string, string>> {
  return { authorization: `Bearer ${await issuer.issue({ sub, roles: [], ...more })}` };
}

async function call(sub: string, more: Record<string, unknown> = {}): Promise<RawResponse> {
  return send(gateway.url, toolCall("tools", "echo", { text: "x" }, await as(sub, more)));
}

async function authorize(sub: string): Promise<RawResponse> {
  return send(gateway.url, {
    path: "/api/v1/gateway/authorize",
    headers: await as(sub),
    body: { action: "gateway:tool:invoke", server_name: "tools", tool_name: "echo", parameters: {} },
  });
}

/** The one revision that has batches. */
const BATCHES = { "mcp-protocol-version": "2025-03-26" };

/** Opens a session, which is one call to the limit. */
async function sessionOf(sub: string): Promise<Record<string, string>> {
  const params = {
    protocolVersion: BATCHES["mcp-protocol-version"],
    capabilities: {},
    clientInfo: { name: "test", version: "1" },
  };
  const opened = await send(gateway.url, {
    path: "/mcp/tools",
    headers: await as(sub),
    body: { jsonrpc: "2.0", id: 0, method: "initialize", params },
  });
  return { "mcp-session-id": String(opened.headers["mcp-session-id"]) };
}

async function batch(
  sub: string,
  ids: readonly number[],
  session: Record<string, string> = {},
): Promise<RawResponse> {
  const calls = ids.map((id) => ({
    jsonrpc: "2.0",
    id,
    method: "tools/call",
    params: { name: "echo", arguments: { text: "batched" } },
  }));
  const headers = { ...(await as(sub)), ...BATCHES, ...session };
  return send(gateway.url, { path: "/mcp/tools", headers, body: calls });
}

/** Responses of a batch by their ids: as one document, or as events of a stream. */
function responsesIn(text: string) {
  const events = text.split("\n").filter((line) => line.startsWith("data: "));
  const documents = events.length === 0 ? [text] : events.map((line) => line.slice("data: ".length));
  const all = documents.flatMap((document) => (document === "" ? [] : (JSON.parse(document) as unknown)));
  return (all as { id: number; result?: unknown; error?: Refused["error"] }[]).toSorted(
    (a, b) => a.id - b.id,
  );
}

/** Calls with this text that the server got, those of batches one by one. */
function ranWith(text: string): number {
  return upstream
    .requests()
    .flatMap(({ body }) => body)
    .filter((message) => JSON.stringify(message)?.includes(`"${text}"`)).length;
}

const ADMIN = { sub: "root", roles: ["admin"] };

async function admin(
  method: string,
  path: string,
  body?: unknown,
  claims: object = ADMIN,
): Promise<RawResponse> {
  const authorization = `Bearer ${await issuer.issue({ ...(claims as { sub: string }) })}`;
  return send(gateway.url, { method, path: `/admin/v1/${path}`, headers: { authorization }, body });
}

interface Refused {
  readonly id: number;
  readonly error: {
    readonly code: number;
    readonly message: string;
    readonly data: Readonly<Record<string, unknown>>;
  };
}

describe("a caller over its rate limit", () => {
  it("gets 429, Retry-After and an error that says why; nothing reaches the server, and it is on record [GTW-3]", async () => {
    for (let at = 0; at < 4; at += 1) {
      expect((await call("alice")).status).toBe(200);
    }
    const before = { forwarded, violations: await violations("user") };
    const { status, headers, json } = await call("alice");
    expect(status).toBe(429);
    expect(Number(headers["retry-after"])).toBeGreaterThan(890);
    const { id, error } = json as Refused;
    expect({ id, code: error.code }).toEqual({ id: 1, code: -32011 });
    expect(error.message).toMatch(
      /^The rate limit of user "alice" is reached \(4 calls in 1h\); try again in \d+ s\./,
    );
    expect(error.data).toMatchObject({
      reason_code: "rate_limited",
      retry_after_seconds: Number(headers["retry-after"]),
      audit_id: expect.any(String) as string,
    });
    expect(forwarded).toBe(before.forwarded);
    expect(await violations("user")).toBe(before.violations + 1);
    const [event, ...others] = await auditRows(gateway.databaseUrl, "id = $1", error.data["audit_id"]);
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      event_type: "tool_invoke",
      user_id: "alice",
      server_name: "tools",
      tool_name: "echo",
      decision: "deny",
      phase: "decision",
      outcome: "rate_limited",
      policy: null,
      metadata: {
        reason_code: "rate_limited",
        limit: { kind: "user", name: "alice", requests: 4, period_ms: 3_600_000, burst: 4 },
      },
    });
    expect(gateway.lines).toContainEqual(
      expect.objectContaining({ component: "rate-limits", limit: "user", user: "alice", level: "warn" }),
    );
  });

  it("is refused by the other era, a new session and REST as well, and others are not [GTW-3]", async () => {
    for (let at = 0; at < 4; at += 1) {
      expect((await authorize("bob")).status).toBe(200);
    }
    const rest = await authorize("bob");
    expect(rest.status).toBe(429);
    expect(rest.headers["retry-after"]).toMatch(/^\d+$/);
    expect(rest.json).toMatchObject({ error: { code: "rate_limited" } });
    expect((await call("bob")).status).toBe(429);
    const initialize = await send(gateway.url, {
      path: "/mcp/tools",
      headers: await as("bob"),
      body: {
        jsonrpc: "2.0",
        id: 7,
        method: "initialize",
        params: {
          protocolVersion: PEER_SESSION_REVISION,
          capabilities: {},
          clientInfo: { name: "test", version: "1" },
        },
      },
    });
    expect(initialize.status).toBe(429);
    expect(initialize.json).toMatchObject({ id: 7, error: { code: -32011 } });
    for (const path of ["servers", "tools"]) {
      const listing = await send(gateway.url, {
        method: "GET",
        path: `/api/v1/gateway/${path}`,
        headers: await as("bob"),
      });
      expect([path, listing.status]).toEqual([path, 429]);
    }
    expect((await call("carol")).status).toBe(200);
  });

  it("sends a batch over it: what fits runs, each other call has its error [GTW-3]", async () => {
    const session = await sessionOf("batcher");
    const before = ranWith("batched");
    const { status, headers, text } = await batch("batcher", [1, 2, 3, 4, 5, 6], session);
    expect(status).toBe(200);
    expect(headers["retry-after"]).toBeUndefined();
    const responses = responsesIn(text);
    expect(responses.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6]);
    const refused = responses.filter(({ error }) => error !== undefined);
    expect(responses.filter(({ result }) => result !== undefined)).toHaveLength(3);
    expect(refused.map(({ error }) => [error?.code, error?.data["reason_code"]])).toEqual([
      [-32011, "rate_limited"],
      [-32011, "rate_limited"],
      [-32011, "rate_limited"],
    ]);
    expect(refused.every(({ error }) => Number(error?.data["retry_after_seconds"]) > 890)).toBe(true);
    // One by one: a batch is not one call to the limit, and the server saw those alone that fitted.
    expect(ranWith("batched") - before).toBe(3);
    const intents = await auditRows(
      gateway.databaseUrl,
      "user_id = 'batcher' AND tool_name = 'echo' AND phase = 'intent'",
    );
    expect(intents).toHaveLength(3);
  });

  it.each([
    ["of one call", [7]],
    ["of several", [7, 8]],
  ])(
    "sends a batch %s of which nothing fits: an error for each, and nothing runs [GTW-3]",
    async (_what, ids) => {
      const who = `spent ${ids.length}`;
      for (let at = 0; at < 4; at += 1) {
        expect((await call(who)).status).toBe(200);
      }
      const before = ranWith("batched");
      const { status, json } = await batch(who, ids);
      // A batch has an array of responses, with the status of one.
      expect(status).toBe(200);
      expect((json as Refused[]).map(({ id, error }) => [id, error.code])).toEqual(
        ids.map((id) => [id, -32011]),
      );
      expect(ranWith("batched")).toBe(before);
    },
  );

  it("shares the limit of its tenant with everyone there, by whichever name [GTW-3]", async () => {
    const statuses = [];
    for (const user of ["u1", "u2", "u3", "u4"]) {
      statuses.push((await call(user, { tenant: "bulk" })).status);
    }
    expect(statuses).toEqual([200, 200, 200, 429]);
  });

  it("leaves one record of a flood at once, whatever its calls are for [GTW-3] [AUD-1]", async () => {
    const tenant = "flood";
    const who = await as("flooder", { tenant });
    const flood = await Promise.all(
      Array.from({ length: 60 }, (_, at) => send(gateway.url, toolCall("tools", `tool-${at}`, {}, who))),
    );
    const refused = flood.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(56);
    const ids = new Set(refused.map(({ json }) => (json as Refused).error.data["audit_id"]));
    const rows = await auditRows(gateway.databaseUrl, "tenant_id = $1 AND outcome = 'rate_limited'", tenant);
    expect(rows.map(({ id }) => id)).toEqual([...ids]);
    expect(rows).toHaveLength(1);
  });
});

describe("what callers have in common", () => {
  it.each([
    ["policy denies", "by policy", "denied_by_policy"],
    ["the budget stops", "by budget", "quota_exceeded"],
  ])("is not used up by calls that %s; the caller's own limit is [GTW-3]", async (_what, stop, code) => {
    const tenant = `tenant ${stop}`;
    const tool = toolOf(stop);
    const callTool = async (sub: string) =>
      send(gateway.url, toolCall("tools", tool, { text: "x" }, await as(sub, { tenant })));
    const refusals = [];
    for (let at = 0; at < 6; at += 1) {
      const { json } = await callTool(`mallory ${stop}`);
      refusals.push((json as Refused).error.data["reason_code"]);
    }
    // Four in an hour: a flood of them is limited all the same.
    expect(refusals).toEqual([code, code, code, code, "rate_limited", "rate_limited"]);
    const others = [];
    for (const sub of ["bob", "carol", "dave", "erin"]) {
      others.push((await callTool(sub)).status);
    }
    expect(others).toEqual([200, 200, 200, 429]);
  });

  it("is not used up by decisions over REST that are denied [GTW-3]", async () => {
    const ask = async (sub: string) =>
      send(gateway.url, {
        path: "/api/v1/gateway/authorize",
        headers: await as(sub),
        body: { action: "gateway:tool:invoke", server_name: "scarce", tool_name: "echo", parameters: {} },
      });
    for (let at = 0; at < 4; at += 1) {
      expect((await ask("mallory by policy over REST")).json).toMatchObject({ allow: false });
    }
    expect((await ask("mallory by policy over REST")).status).toBe(429);
    const statuses = [];
    for (const sub of ["rest 1", "rest 2", "rest 3", "rest 4"]) {
      statuses.push((await ask(sub)).status);
    }
    expect(statuses).toEqual([200, 200, 200, 429]);
  });

  it("refuses what policy permits with a record of its own, and no intent [GTW-3] [AUD-1]", async () => {
    const tenant = "bulk";
    for (let at = 0; at < 4; at += 1) {
      await call(`late ${at}`, { tenant });
    }
    const { status, json } = await call("late", { tenant });
    expect(status).toBe(429);
    const rows = await auditRows(gateway.databaseUrl, "user_id = 'late'");
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      id: (json as Refused).error.data["audit_id"],
      decision: "deny",
      phase: "decision",
      outcome: "rate_limited",
      metadata: { reason_code: "rate_limited", limit: { kind: "tenant", name: "bulk" } },
    });
  });
});

describe.each(CLIENTS)("the %s", (kind) => {
  it("tells its user of the limit in words [GTW-3]", async () => {
    const user = `user of ${kind}`;
    const client = await connectClient(kind, `${gateway.url}/mcp/tools`, { headers: await as(user) });
    try {
      const results = await Promise.allSettled(
        Array.from({ length: 6 }, () => client.callTool("echo", { text: "x" })),
      );
      const refused = results.flatMap((result) =>
        result.status === "rejected" ? [String(result.reason)] : [],
      );
      expect(refused.length).toBeGreaterThan(0);
      for (const error of refused) {
        expect(error).toMatch(/The rate limit of user .* is reached \(4 calls in 1h\); try again in \d+ s/);
      }
      // The client, and its session, go on.
      await admin("POST", "rate-limits/reset", { user, reason: "test" });
      expect(await client.callTool("echo", { text: "again" })).toMatchObject({
        content: [{ type: "text", text: "again" }],
      });
    } finally {
      await client.close();
    }
  });
});

describe("an operator", () => {
  it("sees how a user stands and resets it, on record with the reason [GTW-3]", async () => {
    for (let at = 0; at < 5; at += 1) {
      await call("dora");
    }
    const shown = await admin("GET", "rate-limits?user=Dora");
    expect(shown.json).toMatchObject({
      limit: { kind: "user", name: "Dora", requests: 4, burst: 4, remaining: 0, counted: "process" },
    });
    expect((shown.json as { rules: unknown[] }).rules).toHaveLength(RULES.length);
    expect((await admin("POST", "rate-limits/reset", { user: "dora" })).status).toBe(400);
    expect(
      (await admin("POST", "rate-limits/reset", { user: "dora", tenant: "x", server: "y", reason: "z" }))
        .status,
    ).toBe(400);
    expect((await call("dora")).status).toBe(429);
    const reset = await admin("POST", "rate-limits/reset", { user: "dora", reason: "it was a test" });
    expect(reset.json).toMatchObject({ limit: { remaining: 4 }, all_replicas: false });
    expect((await call("dora")).status).toBe(200);
    const [event] = await auditRows(
      gateway.databaseUrl,
      "event_type = 'limit_control' AND metadata->'asked'->>'user' = 'dora'",
    );
    expect(event).toMatchObject({
      user_id: "root",
      decision: "allow",
      metadata: { operation: "rate_limit_reset", asked: { user: "dora", reason: "it was a test" } },
    });
    expect((await admin("POST", "rate-limits/reset", { server: "tools", reason: "x" })).status).toBe(404);
  });

  it("of one tenant resets limits of that tenant alone [GTW-3]", async () => {
    const claims = { sub: "local", roles: ["admin"], tenant: "acme" };
    const reset = (body: object) => admin("POST", "rate-limits/reset", { ...body, reason: "r" }, claims);
    expect((await reset({ user: "erin", tenant: "globex" })).status).toBe(403);
    expect((await reset({ tenant: "bulk" })).status).toBe(403);
    expect((await reset({ server: "tools" })).status).toBe(403);
    expect((await admin("GET", "rate-limits?tenant=bulk", undefined, claims)).status).toBe(403);
    const own = await reset({ user: "erin" });
    expect(own.json).toMatchObject({ limit: { name: "erin", tenant: "acme" } });
    const denials = await auditRows(
      gateway.databaseUrl,
      "event_type = 'limit_control' AND decision = 'deny' AND user_id = 'local'",
    );
    expect(denials).toHaveLength(4);
  });
});

function violations(limit: string): Promise<number> {
  return metric(gateway, "sark_gateway_rate_limit_violations_total", { limit });
}
