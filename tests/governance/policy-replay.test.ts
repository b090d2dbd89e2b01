import pg from "pg";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { queryDatabase, startMcpServer, startTokenIssuer, type McpServerHandle } from "@sark/testkit";
import { startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { auditRows } from "../support/observed.ts";
import { send, toolCall } from "../support/requests.ts";

const WHO = {
  admin: { sub: "root", roles: ["admin"] },
  auditor: { sub: "olga", roles: ["auditor"] },
  acmeAuditor: { sub: "otto", roles: ["auditor"], tenant: "acme" },
  alice: { sub: "alice", roles: ["user", "developer"], tenant: "acme" },
  gus: { sub: "gus", roles: ["user"], tenant: "globex" },
  planner: { sub: "planner", roles: ["agent"], principal_type: "agent" },
} as const;
const WAIT = { timeout: 30_000, interval: 20 };
type Who = keyof typeof WHO;

interface Replay {
  readonly decisions: number;
  readonly unchanged: number;
  readonly allow_to_deny: number;
  readonly deny_to_allow: number;
  readonly changes: readonly {
    readonly event_id: string;
    readonly change: string;
    readonly tenant: string;
  }[];
  readonly not_evaluable: {
    readonly total: number;
    readonly reasons: readonly { readonly reason: string; readonly decisions: number }[];
    readonly events: readonly { readonly event_id: string; readonly reason: string }[];
  };
  readonly next_cursor: string | null;
  readonly ended_by: string;
}

const issuer = await startTokenIssuer({ audience: "sark" });
let tools: McpServerHandle;
let gateway: GatewayUnderTest;
/** Ids of the intents and denials, by what was called. */
const ids: Record<string, string> = {};

beforeAll(async () => {
  tools = await startMcpServer();
  gateway = await startGatewayUnderTest({
    upstreams: [{ name: "tools", transport: "http", url: tools.url, sensitivity: "low" }],
    config: {
      authentication: { jwt: [{ issuer: issuer.issuer, audiences: ["sark"], jwksUrl: issuer.jwksUrl }] },
      agents: { crawler: { agent_type: "worker", trust_level: "limited" } },
    },
    policies: {
      "now.cedar": `@id("all") permit (principal, action, resource);
        @id("no-stop") forbid (principal, action, resource) when { context has parameters && context.parameters has text && context.parameters.text == "stop" };`,
    },
  });
  await call("alice", "echo", { text: "hello" }, "hello");
  await call("alice", "echo", { text: "stop" }, "stop");
  await call("alice", "echo", { text: "plain", password: "hunter2" }, "secret");
  await call("alice", "echo", { text: "to be erased" }, "erased");
  await call("gus", "echo", { text: "hello" }, "globex");
  const rest = await post("alice", "/api/v1/gateway/authorize", {
    action: "gateway:tool:invoke",
    server_name: "tools",
    tool_name: "echo",
    parameters: { text: "hello" },
    context: { office: "north" },
  });
  ids["rest"] = (rest.json as { audit_id: string }).audit_id;
  const a2a = await post("planner", "/api/v1/gateway/authorize-a2a", {
    source_agent_id: "planner",
    target_agent_id: "crawler",
    capability: "query",
    message_type: "task",
  });
  ids["a2a"] = (a2a.json as { audit_id: string }).audit_id;
  await post("admin", "/api/v1/audit/erasures", {
    event_id: ids["erased"],
    all_tenants: true,
    reason: "GDPR",
  });
});
afterAll(async () => {
  await gateway.close();
  await tools.close();
  await issuer.close();
});

async function headersOf(who: Who) {
  return { authorization: `Bearer ${await issuer.issue({ ...WHO[who] })}` };
}

async function post(who: Who, path: string, body: unknown, signal?: AbortSignal) {
  const headers = await headersOf(who);
  return send(gateway.url, { path, headers, body, ...(signal === undefined ? {} : { signal }) });
}

async function call(who: Who, tool: string, args: Record<string, unknown>, name: string): Promise<void> {
  const { headers } = await send(gateway.url, toolCall("tools", tool, args, await headersOf(who)));
  const [row] = await auditRows(
    gateway.databaseUrl,
    "gateway_request_id = $1 AND phase <> 'outcome'",
    String(headers["x-correlation-id"]),
  );
  ids[name] = row?.id ?? "";
}

const policy = (text: string) => [{ name: "next.cedar", text }];
const replay = (who: Who, body: object = {}, signal?: AbortSignal) =>
  post(who, "/admin/v1/policies/replay", body, signal);

async function replayed(who: Who, body: object = {}): Promise<Replay> {
  const { status, json, text } = await replay(who, body);
  expect({ status, text }).toMatchObject({ status: 200 });
  return json as Replay;
}

const named = (found: readonly { readonly event_id: string }[]) =>
  found.map(({ event_id: id }) => Object.entries(ids).find(([, one]) => one === id)?.[0] ?? id).toSorted();

describe("a replay of recorded decisions [GTW-11]", () => {
  it("by the policies in force changes nothing: what is read again is what was asked", async () => {
    const { decisions, unchanged, changes, not_evaluable: rest } = await replayed("auditor");
    expect({ decisions, unchanged, changes }).toEqual({ decisions: 7, unchanged: 6, changes: [] });
    expect(named(rest.events)).toEqual(["erased"]);
    expect(rest).toMatchObject({ total: 1, reasons: [{ reason: "arguments_erased", decisions: 1 }] });
  });

  it("lists what other policies would decide otherwise, in both directions, with the events", async () => {
    const next = policy(`@id("users") permit (principal in Role::"developer", action, resource);
      @id("agents") permit (principal is Agent, action, resource is Agent) when { resource.attributes.trust_level == "limited" };
      @id("no-hello") @reason("Hello is over.") forbid (principal, action, resource) when { context has parameters && context.parameters has text && context.parameters.text == "hello" };`);
    const found = await replayed("auditor", { files: next });
    expect(named(found.changes)).toEqual(["globex", "hello", "rest", "stop"]);
    expect(found).toMatchObject({ allow_to_deny: 3, deny_to_allow: 1, unchanged: 2 });
    const of = (name: string) => found.changes.find(({ event_id: id }) => id === ids[name]);
    expect(of("hello")).toMatchObject({
      change: "allow_to_deny",
      user_id: "alice",
      tenant: "acme",
      server: "tools",
      tool: "echo",
      action: "gateway:tool:invoke",
      recorded: { code: "allowed", policies: ["all"] },
      replayed: { code: "denied_by_policy", policies: ["no-hello"], reason: "Hello is over." },
    });
    expect(of("stop")).toMatchObject({
      change: "deny_to_allow",
      recorded: { code: "denied_by_policy", policies: ["no-stop"] },
      replayed: { code: "allowed", policies: ["users"] },
    });
  });

  it("needs of a request what the policies look at, and guesses none of it", async () => {
    // Nothing of the arguments: also what is erased can be decided again.
    const byRole = await replayed("auditor", {
      files: policy('permit (principal in Role::"developer", action, resource);'),
    });
    expect(byRole).toMatchObject({ not_evaluable: { total: 0 }, allow_to_deny: 2 });
    expect(named(byRole.changes)).toEqual(["a2a", "globex", "stop"]);
    const byPassword = await replayed("auditor", {
      files: policy(
        'permit (principal, action, resource); forbid (principal, action, resource) when { context.parameters has password && context.parameters.password == "x" };',
      ),
    });
    const reasons = Object.fromEntries(
      byPassword.not_evaluable.events.map(({ event_id: id, reason }) => [
        named([{ event_id: id }])[0],
        reason,
      ]),
    );
    expect(reasons).toEqual({ erased: "arguments_erased", secret: "redacted" });
    const byMeta = await replayed("auditor", {
      files: policy("permit (principal, action, resource) when { context.params has _meta };"),
      server: "tools",
    });
    expect(byMeta.not_evaluable.reasons).toEqual([{ reason: "envelope_not_recorded", decisions: 5 }]);
    const byOffice = await replayed("auditor", {
      files: policy(
        'permit (principal, action, resource) when { context has office && context.office == "north" };',
      ),
    });
    expect(named(byOffice.changes)).not.toContain("rest");
  });

  it("goes on from page to page, within the filters of the log", async () => {
    const seen: string[] = [];
    let cursor: string | null = null;
    let pages = 0;
    do {
      const page: Replay = await replayed("auditor", {
        files: policy("forbid (principal, action, resource);"),
        tool: "echo",
        decision: "allow",
        limit: 2,
        ...(cursor === null ? {} : { cursor }),
      });
      seen.push(...named(page.changes));
      expect(page.decisions).toBeLessThanOrEqual(2);
      expect(page.ended_by).toBe(page.next_cursor === null ? "end" : "limit");
      cursor = page.next_cursor;
      pages += 1;
    } while (cursor !== null);
    expect(seen.toSorted()).toEqual(["erased", "globex", "hello", "rest", "secret"]);
    expect(pages).toBeGreaterThan(2);
    const other = await replay("auditor", { tool: "echo", cursor: "bm9uZQ" });
    expect(other).toMatchObject({ status: 400, json: { error: { field: "cursor" } } });
  });

  it("shows a caller with a tenant that tenant alone; to ask for another is a denial on record", async () => {
    const forbidden = policy("forbid (principal, action, resource);");
    const own = await replayed("acmeAuditor", { files: forbidden });
    expect(named(own.changes)).toEqual(["erased", "hello", "rest", "secret"]);
    const beyond = await replay("acmeAuditor", { files: forbidden, tenant: "globex" });
    expect(beyond.status).toBe(403);
    const [row] = await auditRows(
      gateway.databaseUrl,
      "gateway_request_id = $1",
      String(beyond.headers["x-correlation-id"]),
    );
    expect(row).toMatchObject({ event_type: "policy_control", decision: "deny", tenant_id: "acme" });
  });

  it("is on record: who replayed what, by which policies, and why", async () => {
    const { headers, json } = await replay("auditor", {
      files: policy("permit (principal, action, resource);"),
      user_id: "alice",
      reason: "ops-12",
    });
    const [row] = await auditRows(
      gateway.databaseUrl,
      "gateway_request_id = $1",
      String(headers["x-correlation-id"]),
    );
    expect(row).toMatchObject({
      event_type: "policy_control",
      user_id: "olga",
      decision: "allow",
      metadata: {
        operation: "replay",
        asked: {
          policies: "next.cedar",
          revision: (json as { revision: string }).revision,
          filter: { user_id: "alice" },
          limit: 1_000,
          reason: "ops-12",
        },
      },
    });
  });

  it("runs once at a time, and ends when its client leaves", async () => {
    const locker = new pg.Client({ connectionString: gateway.databaseUrl });
    await locker.connect();
    // All that reads payloads waits; records are taken all the same.
    await locker.query("BEGIN; LOCK TABLE gateway_audit_payloads IN ACCESS EXCLUSIVE MODE");
    // Outside of that transaction: within one, PostgreSQL shows the statements of its first look again and again.
    const waiting = (count: number) =>
      vi.waitFor(async () => {
        const rows = await queryDatabase<{ count: number }>(
          gateway.databaseUrl,
          `SELECT count(*)::int AS count FROM pg_stat_activity
           WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%FROM gateway_audit_payloads%'`,
        );
        expect(rows[0]?.count).toBe(count);
      }, WAIT);
    const leaving = new AbortController();
    const left = replay("auditor", {}, leaving.signal).catch((error: Error) => error.name);
    await waiting(1);
    const second = await replay("auditor");
    expect(second).toMatchObject({
      status: 503,
      headers: { "retry-after": "2" },
      json: { error: { code: "policy_trial_busy" } },
    });
    leaving.abort();
    expect(await left).toBe("AbortError");
    const next = vi.waitFor(async () => {
      const response = await replay("auditor");
      return response.status === 503 ? Promise.reject(new Error(response.text)) : response;
    }, WAIT);
    await waiting(2);
    await locker.query("ROLLBACK");
    await locker.end();
    expect((await next).status).toBe(200);
  });

  it("does not look at what was refused before policy was asked", async () => {
    const before = await replayed("auditor");
    const { json } = await send(
      gateway.url,
      toolCall("tools", "echo", { text: "x" }, await headersOf("auditor")),
    );
    expect(json).toMatchObject({ error: { data: { reason_code: "denied_by_role" } } });
    const after = await replayed("auditor", { files: policy("permit (principal, action, resource);") });
    // The denial of a caretaker stays one, whatever policies say.
    expect(after.decisions).toBe(before.decisions + 1);
    expect(named(after.changes)).toEqual(["stop"]);
  });
});
