import { queryDatabase, startMcpServer, startTokenIssuer } from "@sark/testkit";
import { createAuditDatabase } from "@sark/audit/testing";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { startGatewayWithTokens } from "../support/gateway-with-tokens.ts";
import { auditRows, metric } from "../support/observed.ts";
import { CLIENTS, connectClient } from "../support/official-clients.ts";
import { send, toolCall, type RawResponse } from "../support/requests.ts";

const issuer = await startTokenIssuer({ audience: "sark" });
let forwarded = 0;
const upstream = await startMcpServer({ onRequest: () => void (forwarded += 1) });
let database: Awaited<ReturnType<typeof createAuditDatabase>>;
let one: GatewayUnderTest;
let two: GatewayUnderTest;

const config = {
  authentication: { jwt: [{ issuer: issuer.issuer, audiences: ["sark"], jwksUrl: issuer.jwksUrl }] },
  quotas: {
    currency: "EUR",
    prices: [
      { server: "tools", tool: "echo", perCall: "0.1" },
      { server: "tools", tool: "slow", perCall: "0.25" },
      { server: "tools", tool: "stream", perCall: "0.25" },
      { server: "narrow", perCall: "0.25" },
      { server: "tools", tool: "add", perUnit: "0.01", units: "/structuredContent/sum" },
    ],
    budgets: [
      { for: "user", daily: "1" },
      { for: "user", name: "root", daily: "1000" },
      { for: "user", tenant: "soft", daily: "0.2", stop: "soft" },
      { for: "user", tenant: "shared", daily: "100" },
      { for: "tenant", name: "shared", monthly: "1.5" },
      { for: "user", tenant: "killed", monthly: "1000" },
      { for: "user", tenant: "warned", monthly: "0.4" },
    ],
  },
  audit: { maintenanceInterval: "200ms", orphanAfter: "1s" },
};
const http = { transport: "http", url: upstream.url, sensitivity: "low" };
const upstreams = [
  { name: "tools", ...http },
  { name: "narrow", ...http, limits: { connections: 1 } },
];

beforeAll(async () => {
  database = await createAuditDatabase();
  const options = {
    upstreams,
    config: { ...config, database: { url: database.url } },
    policies: {
      "everyone.cedar":
        'permit(principal, action, resource); forbid(principal == User::"mallory", action, resource);',
    },
  };
  [one, two] = await Promise.all([startGatewayUnderTest(options), startGatewayUnderTest(options)]);
});
afterAll(async () => {
  await one.close();
  await two.close();
  await database.drop();
  await upstream.close();
  await issuer.close();
});

async function as(sub: string, more: Record<string, unknown> = {}): Promise<Record<string, string>> {
  return { authorization: `Bearer ${await issuer.issue({ sub, roles: [], ...more })}` };
}

async function call(
  url: string,
  sub: string,
  more: Record<string, unknown> = {},
  tool = "echo",
  args: Record<string, unknown> = { text: "x" },
): Promise<RawResponse> {
  return send(url, toolCall("tools", tool, args, await as(sub, more)));
}

const ADMIN = { sub: "root", roles: ["admin"] };
async function admin(method: string, path: string, body?: unknown, claims: object = ADMIN) {
  const { sub, ...more } = claims as { sub: string };
  return send(one.url, { method, path: `/admin/v1/quotas${path}`, headers: await as(sub, more), body });
}

interface Shown {
  readonly budgets: readonly Record<string, string>[];
}

async function budgetOf(query: string): Promise<Record<string, string> | undefined> {
  return ((await admin("GET", query)).json as Shown).budgets[0];
}

describe("a budget", () => {
  it("is spent once by calls of two gateways at the same time; what does not fit is refused before it runs [GTW-4] [GTW-6]", async () => {
    const before = forwarded;
    const responses = await Promise.all(
      Array.from({ length: 30 }, (_, at) => call(at % 2 ? one.url : two.url, "alice")),
    );
    expect(responses.filter(({ status }) => status === 200)).toHaveLength(10);
    const refused = responses.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(20);
    expect(Number(refused[0]?.headers["retry-after"])).toBeGreaterThan(0);
    const { error } = Object(refused[0]?.json) as { error: { code: number; message: string; data: object } };
    expect(error).toMatchObject({
      code: -32011,
      message: expect.stringMatching(
        /^The daily budget of user "alice" \(1 EUR\) is used up; it begins anew at \d{4}-/,
      ) as string,
      data: { reason_code: "quota_exceeded", audit_id: expect.any(String) as string },
    });
    await vi.waitFor(async () =>
      expect(await budgetOf("?user=ALICE")).toMatchObject({ used: "1", reserved: "0", remaining: "0" }),
    );
    // Besides the calls, the gateways asked for the list of tools.
    expect(forwarded - before).toBeLessThan(20);
    // By another spelling, era and key it is the same budget; what has no price goes on.
    expect((await call(two.url, "Alice")).status).toBe(429);
    expect((await call(one.url, "alice", {}, "fail", {})).status).toBe(200);
    const records = await auditRows(database.url, "user_id = 'alice' AND outcome = 'rate_limited'");
    expect(records[0]).toMatchObject({
      decision: "deny",
      metadata: { reason_code: "quota_exceeded", budget: { period: "day", limit: "1", stop: "hard" } },
    });
    // One of each gateway, not one for each call.
    expect(records.length).toBeLessThan(5);
    // Which of the two had how many of the calls is chance.
    const ofBoth = async (name: string, labels: Record<string, string>): Promise<number> =>
      (await metric(one, name, labels)) + (await metric(two, name, labels));
    expect(await ofBoth("sark_gateway_user_cost_total", { user: "alice" })).toBeCloseTo(1, 9);
    expect(
      await ofBoth("sark_gateway_quota_exceeded_total", { payer: "user", stop: "hard" }),
    ).toBeGreaterThan(0);
    await vi.waitFor(async () =>
      expect(await ofBoth("sark_gateway_quota_used_ratio", { payer: "user", period: "day" })).toBeGreaterThan(
        0,
      ),
    );
    expect(await ofBoth("sark_gateway_cost_total", { tool: "echo" })).toBeGreaterThan(0);
  });

  it("of a tenant holds for all its users, and warns at 50, 80 and 100 percent, once each [GTW-4]", async () => {
    const statuses = [];
    for (let at = 0; at < 17; at += 1) {
      statuses.push((await call(at % 2 ? one.url : two.url, `u${at}`, { tenant: "shared" })).status);
      await vi.waitFor(async () => expect(await budgetOf("?tenant=shared")).toMatchObject({ reserved: "0" }));
    }
    expect(statuses).toEqual([...Array(15).fill(200), 429, 429]);
    await vi.waitFor(async () => {
      const warnings = await auditRows(
        database.url,
        "event_type = 'budget_warning' AND tenant_id = 'shared'",
      );
      expect(
        warnings.map(({ metadata }) => metadata["level"]).toSorted((a, b) => Number(a) - Number(b)),
      ).toEqual([50, 80, 100]);
      expect(warnings[0]?.metadata["budget"]).toMatchObject({ period: "month", limit: "1.5", stop: "hard" });
    });
    const warned = async (gateway: GatewayUnderTest) =>
      metric(gateway, "sark_gateway_quota_warnings_total", { payer: "tenant" });
    expect((await warned(one)) + (await warned(two))).toBe(3);
  });

  it("is charged the most where a result says more units than can be, and the record says so [GTW-4]", async () => {
    const before = await metric(one, "sark_gateway_quota_unreadable_units_total", { reason: "too_many" });
    expect((await call(one.url, "hugo", {}, "add", { a: 1e20, b: 0 })).status).toBe(200);
    await vi.waitFor(async () => {
      const [outcome] = await auditRows(database.url, "user_id = 'hugo' AND phase = 'outcome'");
      expect(outcome?.metadata).toMatchObject({
        spending: { amount: "1000000000000000" },
        units: "too_many",
      });
    });
    expect(await metric(one, "sark_gateway_quota_unreadable_units_total", { reason: "too_many" })).toBe(
      before + 1,
    );
    await vi.waitFor(async () => expect(await budgetOf("?user=hugo")).toMatchObject({ used: "1000000" }));
    expect((await call(one.url, "hugo", {}, "add", { a: 1, b: 0 })).status).toBe(429);
    expect((await call(one.url, "nina", {}, "add", { a: -1e20, b: 0 })).status).toBe(200);
    await vi.waitFor(async () => {
      const [outcome] = await auditRows(database.url, "user_id = 'nina' AND phase = 'outcome'");
      expect(outcome?.metadata).toMatchObject({ spending: { amount: "0" }, units: "unreadable" });
    });
  });

  it("that is soft lets calls go on, and says so in their records [GTW-4]", async () => {
    for (let at = 0; at < 4; at += 1) {
      expect((await call(one.url, "sue", { tenant: "soft" })).status).toBe(200);
    }
    await vi.waitFor(async () =>
      expect(await budgetOf("?user=sue&tenant=soft")).toMatchObject({
        used: "0.4",
        remaining: "0",
        stop: "soft",
      }),
    );
    const intents = await auditRows(database.url, "user_id = 'sue' AND phase = 'intent'");
    expect(intents.map(({ metadata }) => metadata["budget"] ?? null)).toEqual([
      null,
      null,
      "exceeded",
      "exceeded",
    ]);
  });

  it("pays for the units that the result says, and for no call that policy denies or that does not begin [GTW-4]", async () => {
    await call(one.url, "ursula", {}, "add", { a: 20, b: 17 });
    await vi.waitFor(async () => expect(await budgetOf("?user=ursula")).toMatchObject({ used: "0.37" }));
    // What is spent is known before it is on record.
    await vi.waitFor(async () => {
      const [outcome] = await auditRows(database.url, "user_id = 'ursula' AND phase = 'outcome'");
      expect(outcome?.metadata["spending"]).toMatchObject({ amount: "370000000" });
    });
    // Units are known afterwards: what is over the budget is charged, and the next call refused.
    await call(one.url, "ursula", {}, "add", { a: 100, b: 0 });
    await vi.waitFor(async () => expect(await budgetOf("?user=ursula")).toMatchObject({ used: "1.37" }));
    expect((await call(two.url, "ursula", {}, "add", { a: 1, b: 0 })).status).toBe(429);
    expect((await call(one.url, "mallory")).json).toMatchObject({ error: { code: -32010 } });
    expect(await budgetOf("?user=mallory")).toMatchObject({ used: "0", reserved: "0" });
  });

  it("pays for no call whose client leaves while it waits for a connection to the server [GTW-4]", async () => {
    const door = "narrow";
    const busy = send(one.url, toolCall("narrow", "stream", { count: 1, gate: door }, await as("first")));
    await vi.waitFor(async () =>
      expect(await metric(one, "sark_gateway_pool_connections", { name: "narrow", state: "in_use" })).toBe(1),
    );
    const leave = new AbortController();
    const request = toolCall("narrow", "echo", { text: "x" }, await as("second"));
    const waiting = send(one.url, { ...request, signal: leave.signal });
    const phase = (name: string) => auditRows(database.url, `user_id = 'second' AND phase = '${name}'`);
    await vi.waitFor(async () => expect(await phase("intent")).toHaveLength(1));
    leave.abort();
    await expect(waiting).rejects.toThrow();
    await vi.waitFor(async () =>
      expect(await phase("outcome")).toMatchObject([
        { outcome: "cancelled", metadata: { spending: { amount: "0" } } },
      ]),
    );
    upstream.release(door);
    expect((await busy).status).toBe(200);
    await vi.waitFor(async () =>
      expect(await budgetOf("?user=second")).toMatchObject({ used: "0", reserved: "0" }),
    );
    await vi.waitFor(async () => expect(await budgetOf("?user=first")).toMatchObject({ used: "0.25" }));
  });

  it("is reset and adjusted by an operator, on record with the reason, within the own tenant [GTW-4]", async () => {
    for (let at = 0; at < 11; at += 1) {
      await call(one.url, "rita");
    }
    expect((await call(one.url, "rita")).status).toBe(429);
    await vi.waitFor(async () => expect(await budgetOf("?user=rita")).toMatchObject({ reserved: "0" }));
    const adjusted = await admin("POST", "/adjust", {
      user: "rita",
      amount: "-0.2",
      period: "day",
      reason: "given back",
    });
    expect(adjusted.json).toMatchObject({ currency: "EUR", budgets: [{ used: "0.8", remaining: "0.2" }] });
    expect((await call(two.url, "rita")).status).toBe(200);
    await vi.waitFor(async () => expect(await budgetOf("?user=rita")).toMatchObject({ used: "0.9" }));
    expect((await admin("POST", "/reset", { user: "rita", reason: "new start" })).json).toMatchObject({
      budgets: [{ used: "0" }],
    });
    const acts = await auditRows(
      database.url,
      "event_type = 'limit_control' AND metadata->'asked'->>'user' = 'rita'",
    );
    expect(acts.map(({ user_id, metadata }) => [user_id, metadata["operation"]])).toEqual([
      ["root", "quota_adjust"],
      ["root", "quota_reset"],
    ]);
    expect((await admin("POST", "/reset", { user: "rita" })).status).toBe(400);
    expect((await admin("POST", "/adjust", { user: "rita", amount: "1e9", reason: "x" })).status).toBe(400);
    expect((await admin("POST", "/reset", { agent: "bot", reason: "x" })).status).toBe(404);
    const local = { sub: "local", roles: ["admin"], tenant: "soft" };
    expect((await admin("POST", "/reset", { tenant: "shared", reason: "x" }, local)).status).toBe(403);
    expect((await admin("GET", "?user=u1&tenant=shared", undefined, local)).status).toBe(403);
    expect((await admin("GET", "?user=sue", undefined, local)).json).toMatchObject({
      budgets: [{ tenant: "soft", used: "0.4" }],
    });
  });
});

describe.each(CLIENTS)("the %s", (kind) => {
  it("tells its user of the budget in words [GTW-4]", async () => {
    const client = await connectClient(kind, `${one.url}/mcp/tools`, {
      headers: await as(`user of ${kind}`),
    });
    try {
      const all = await Promise.allSettled(
        Array.from({ length: 12 }, () => client.callTool("echo", { text: "x" })),
      );
      const refused = all.flatMap((result) => (result.status === "rejected" ? [String(result.reason)] : []));
      expect(refused).toHaveLength(2);
      expect(refused[0]).toMatch(/The daily budget of user .* \(1 EUR\) is used up; it begins anew at /);
    } finally {
      await client.close();
    }
  });
});

describe("a gateway that is killed", () => {
  it("leaves a ledger that is exact once the others have read the log [GTW-4] [GTW-6]", async () => {
    const killed = await startGatewayWithTokens({
      ...config,
      database: { url: database.url },
      upstreams,
      http: { port: 0 },
    });
    const who = { tenant: "killed" };
    const running = Array.from({ length: 60 }, (_, at) =>
      call(
        killed.url,
        "ken",
        who,
        at % 3 === 0 ? "slow" : "echo",
        at % 3 === 0 ? { ms: 60_000, steps: 1 } : { text: "x" },
      ),
    );
    const settled = Promise.allSettled(running);
    await vi.waitFor(
      async () => {
        const outcomes = await auditRows(database.url, "tenant_id = 'killed' AND phase = 'outcome'");
        expect(outcomes.length).toBeGreaterThan(5);
      },
      { timeout: 30_000, interval: 5 },
    );
    await killed.close();
    await settled;
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    try {
      await vi.waitFor(
        async () => {
          const { rows } = await client.query(
            "SELECT state FROM spending_charges WHERE payers ? $1 AND state = 'open'",
            ["user =killed =ken"],
          );
          expect(rows).toEqual([]);
        },
        { timeout: 30_000 },
      );
      // What began counts, by what its tool costs; what did not begin, or never came to its server by its record, does not. The
      // others may not have read all of the log yet.
      await vi.waitFor(async () => {
        // Call by call first: a total does not say which one is missing.
        const { rows: wrong } = await client.query(
          `SELECT i.tool_name, i.metadata -> 'spending' AS begun, o.outcome, o.metadata -> 'spending' AS ended, c.state, c.amount
           FROM gateway_audit_events i
           LEFT JOIN gateway_audit_events o ON o.intent_id = i.id
           LEFT JOIN spending_charges c ON c.id::text = i.metadata #>> '{spending,id}'
           WHERE i.tenant_id = 'killed' AND i.phase = 'intent' AND i.metadata ? 'spending'
             AND NOT coalesce(o.outcome <> 'ok' AND o.metadata #>> '{spending,amount}' = '0', false)
             AND c.amount IS DISTINCT FROM CASE i.tool_name WHEN 'slow' THEN 250000000 ELSE 100000000 END`,
        );
        expect(wrong).toEqual([]);
        const { rows } = await client.query(
          `SELECT (SELECT sum(CASE i.tool_name WHEN 'slow' THEN 250000000 ELSE 100000000 END) FROM gateway_audit_events i
                   WHERE tenant_id = 'killed' AND phase = 'intent' AND metadata ? 'spending' AND NOT EXISTS (
                     SELECT FROM gateway_audit_events o WHERE o.intent_id = i.id AND o.outcome <> 'ok'
                       AND o.metadata #>> '{spending,amount}' = '0')) AS begun,
                  (SELECT spent FROM spending_totals WHERE payer = 'user =killed =ken' AND period = 'month') AS spent,
                  (SELECT reserved FROM spending_totals WHERE payer = 'user =killed =ken' AND period = 'month') AS reserved`,
        );
        const [{ begun, spent, reserved }] = rows as [Record<"begun" | "spent" | "reserved", unknown>];
        expect(Number(begun)).toBeGreaterThan(0);
        expect({ spent: String(spent), reserved: String(reserved) }).toEqual({
          spent: String(begun),
          reserved: "0",
        });
      });
    } finally {
      await client.end();
    }
  });

  it("leaves the warning of what it spent to the others, who record it once [GTW-4] [GTW-6]", async () => {
    const killed = await startGatewayWithTokens({
      ...config,
      database: { url: database.url },
      upstreams,
      http: { port: 0 },
    });
    const holder = new pg.Client({ connectionString: database.url });
    await holder.connect();
    const door = "warned";
    const running = call(killed.url, "wanda", { tenant: "warned" }, "stream", { count: 1, gate: door }).catch(
      () => undefined,
    );
    const rowsOf = (statement: string) => queryDatabase(database.url, statement);
    try {
      await vi.waitFor(async () =>
        expect(await auditRows(database.url, "tenant_id = 'warned' AND phase = 'intent'")).toHaveLength(1),
      );
      // The log takes nothing from here on; the ledger does.
      await holder.query("BEGIN; SELECT FROM gateway_audit_head FOR UPDATE");
      upstream.release(door);
      await vi.waitFor(async () =>
        expect(
          await rowsOf("SELECT level, spent FROM spending_warnings WHERE payer = 'user =warned =wanda'"),
        ).toEqual([{ level: 50, spent: "250000000" }]),
      );
    } finally {
      await killed.close();
      await holder.end();
      await running;
    }
    await vi.waitFor(async () => expect(await rowsOf("SELECT FROM spending_warnings")).toEqual([]));
    const events = await auditRows(database.url, "event_type = 'budget_warning' AND tenant_id = 'warned'");
    expect(events).toMatchObject([{ user_id: "wanda", metadata: { level: 50, budget: { used: "0.25" } } }]);
  });
});
