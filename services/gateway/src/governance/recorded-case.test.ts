import { parseJson } from "@sark/audit/json";
import { createAuditLog, type AuditRecord } from "@sark/audit";
import { createAuditReader, type AuditReader } from "@sark/audit/store";
import { createAuditDatabase } from "@sark/audit/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AuthorizationQuery } from "../domain/authorization.ts";
import type { AuditSubject } from "../domain/authorizer.ts";
import type { Caller, McpCall } from "../domain/governance.ts";
import type { JsonObject } from "@sark/json";
import type { Principal } from "../domain/principal.ts";
import { toQuery } from "./query.ts";
import { isPolicyDecision, recordedCase } from "./recorded-case.ts";
import { callSubject, decisionRecord, requestPayloads } from "./records.ts";
import { ALLOWED } from "./testing/allowed.ts";

let database: Awaited<ReturnType<typeof createAuditDatabase>>;
let log: ReturnType<typeof createAuditLog>;
let reader: AuditReader;
beforeAll(async () => {
  database = await createAuditDatabase();
  log = createAuditLog({ connectionString: database.url });
  reader = createAuditReader({ connectionString: database.url });
});
afterAll(async () => {
  await log.close();
  await reader.close();
  await database.drop();
});

const principal = (over: Partial<Principal> = {}): Principal => ({
  id: "alice",
  type: "user",
  actor: null,
  tenant: "acme",
  roles: ["user", "developer"],
  attributes: { teams: ["a", "b"], level: 3 },
  method: "jwt",
  ...over,
});
const callerOf = (who: Principal): Caller => ({
  principal: who,
  correlationId: "r-1",
  clientAddress: "127.0.0.1",
  credential: "jwt:i",
  traceHeaders: {},
});
const call = (over: Partial<McpCall>): McpCall => ({
  server: "tools",
  method: "tools/call",
  kind: "tool",
  target: "echo",
  arguments: null,
  params: null,
  requestId: 1,
  protocolVersion: null,
  sessionId: null,
  sessionScope: "process",
  meta: null,
  ...over,
});

async function stored(
  query: AuthorizationQuery,
  subject: AuditSubject,
  options: {
    readonly policy?: "full" | "redacted" | "digest" | "none";
    change?(record: AuditRecord): AuditRecord;
  } = {},
) {
  const { policy = "full", change = (record: AuditRecord) => record } = options;
  const record = decisionRecord({
    query,
    decision: ALLOWED,
    caller: callerOf(query.principal),
    subject,
    sessionId: null,
    traceId: undefined,
    expectsOutcome: true,
  });
  const { id } = await log.record(change(record), requestPayloads(subject, policy));
  const { event } = (await reader.event(id))!;
  return { event, payloads: await reader.payloads(id) };
}

const read = ({ event, payloads }: Awaited<ReturnType<typeof stored>>) => recordedCase(event, payloads);

/** The query as it was asked, of an MCP call. */
async function roundTrip(of: McpCall, who = principal()) {
  const query = toQuery(of, callerOf(who), "high");
  const found = read(await stored(query, callSubject(of)));
  if (typeof found === "string") {
    throw new Error(found);
  }
  const { context, ...rest } = { ...found.case.query, context: parseJson(found.case.context, "any") };
  return { query, again: { ...rest, context }, unknown: found.case.unknown };
}

describe("a recorded decision as the query that it was [GTW-11]", () => {
  it.each<[string, McpCall, Principal?]>([
    ["a tool", call({ arguments: { n: 1, deep: { a: [null, true, "x"] } } })],
    ["a tool without arguments", call({})],
    [
      "a tool with further params",
      call({ arguments: {}, params: { task: { ttl: 1 }, _meta: { "x/y": 1 } } }),
    ],
    [
      "numbers of any length",
      call({ arguments: parseJson('{"n":9007199254740993,"e":1E400}', "any") as JsonObject }),
    ],
    ["a resource", call({ method: "resources/read", kind: "resource", target: "file:///a" })],
    ["a prompt", call({ method: "prompts/get", kind: "prompt", target: "greet", arguments: { a: "b" } })],
    ["a listing", call({ method: "tools/list", kind: "listing", target: null, params: { cursor: "c" } })],
    [
      "a response",
      call({ method: "session/response", kind: "response", target: null, params: { result: {} } }),
    ],
    ["the begin of a session", call({ method: "initialize", kind: "session", target: null })],
    ["another method", call({ method: "x/y", kind: "other", target: null, params: { a: 1 } })],
    ["an agent", call({}), principal({ id: "bot", type: "agent", actor: "carol", attributes: {} })],
    ["a user with an agent", call({}), principal({ actor: "bot", method: "api_key", tenant: null })],
    ["a token with scopes", call({}), principal({ tokenScopes: ["tools"] })],
  ])("is exact: %s", async (_what, of, who) => {
    const { query, again, unknown } = await roundTrip(of, who);
    expect(again).toEqual(query);
    expect(unknown).toEqual([]);
  });

  it("is exact: of the REST API, whatever its context says", async () => {
    const query: AuthorizationQuery = {
      principal: principal(),
      action: "gateway:tool:invoke",
      resource: { type: "tool", server: "tools", name: "echo", sensitivity: "low" },
      context: { office: "x", method: 7, parameters: { n: 1 }, gateway_metadata: { a: 1 } },
    };
    const subject: AuditSubject = {
      eventType: "tool_invoke",
      server: "tools",
      tool: "echo",
      metadata: { action: query.action, gateway_metadata: { a: 1 } },
      arguments: { n: 1 },
      params: { context: { office: "x", method: 7, parameters: "overruled" } },
    };
    const found = read(await stored(query, subject));
    expect(found).toMatchObject({ case: { unknown: [], query: { resource: query.resource } } });
    expect(JSON.parse((found as { case: { context: string } }).case.context)).toEqual(query.context);
  });

  it("is exact: between agents, whichever caller asks", async () => {
    const source = principal({
      id: "planner",
      type: "agent",
      roles: [],
      attributes: { trust_level: "trusted" },
    });
    const query: AuthorizationQuery = {
      principal: source,
      action: "gateway:a2a:execute",
      resource: {
        type: "agent",
        id: "crawler",
        attributes: { agent_type: "worker", trust_level: "limited" },
      },
      context: {
        message_type: "task",
        payload_metadata: { size: 3 },
        target_environment: "",
        parameters: {},
      },
    };
    const subject: AuditSubject = {
      eventType: "a2a_communication",
      server: null,
      tool: null,
      agentId: "planner",
      metadata: {
        target_agent_id: "crawler",
        capability: "execute",
        message_type: "task",
        target_environment: null,
        payload_metadata: { size: 3 },
      },
      arguments: {},
      params: null,
    };
    const found = read(await stored(query, subject));
    const { context: _context, ...asked } = query;
    expect(found).toMatchObject({ case: { unknown: [], query: asked } });
    expect(JSON.parse((found as { case: { context: string } }).case.context)).toEqual(query.context);
  });

  it("says what it does not know, and why", async () => {
    const secret = call({
      arguments: { password: "hunter2" },
      params: { _meta: { progressToken: 1, other: 2 } },
    });
    const query = toQuery(secret, callerOf(principal()), "low");
    const subject = callSubject(secret);
    expect(read(await stored(query, subject))).toMatchObject({
      case: { unknown: ["envelope"], fidelity: "recorded" },
      because: { envelope: "envelope_not_recorded" },
    });
    expect(read(await stored(query, subject, { policy: "redacted" }))).toMatchObject({
      case: { fidelity: "redacted" },
    });
    for (const policy of ["digest", "none"] as const) {
      expect(read(await stored(query, subject, { policy }))).toMatchObject({
        because: { arguments: "arguments_not_kept", params: "params_not_kept" },
      });
    }
    const kept = await stored(query, subject);
    expect(recordedCase(kept.event, [])).toMatchObject({
      because: { arguments: "arguments_dropped", params: "params_dropped" },
    });
    const other = kept.payloads.map((one) => ({ ...one, body: '{"password":"other"}' }));
    expect(recordedCase(kept.event, other)).toBe("payload_contradicted");
    const erased = kept.payloads.map((one) => ({ ...one, body: null, salt: null, erasedAt: new Date() }));
    expect(recordedCase(kept.event, erased)).toMatchObject({ because: { arguments: "arguments_erased" } });
  });

  it.each<[string, Principal, string]>([
    [
      "claims that are too large",
      principal({ attributes: { a: "x".repeat(5_000) } }),
      "principal_not_recorded",
    ],
    ["claims that no record can hold", principal({ attributes: { a: "\u0000" } }), "principal_not_recorded"],
    ["half a character in claims", principal({ attributes: { a: "\ud800" } }), "principal_not_recorded"],
  ])(
    "a call goes on in spite of %s, and the record says that they are missing",
    async (_what, who, reason) => {
      const of = call({ arguments: {} });
      expect(read(await stored(toQuery(of, callerOf(who), "low"), callSubject(of)))).toBe(reason);
    },
  );

  it("is none of an event of a version before, or of one that was cut", async () => {
    const of = call({ arguments: {} });
    const query = toQuery(of, callerOf(principal()), "low");
    const without = (record: AuditRecord): AuditRecord => {
      const { decided_on: _facts, ...metadata } = record.metadata ?? {};
      return { ...record, metadata };
    };
    expect(read(await stored(query, callSubject(of), { change: without }))).toBe("facts_not_recorded");
    const large = (record: AuditRecord): AuditRecord => ({
      ...record,
      metadata: { ...record.metadata, more: Array.from({ length: 9_000 }, (_, n) => `entry ${n}`) },
    });
    expect(read(await stored(query, callSubject(of), { change: large }))).toBe("cut");
  });

  it("is a decision of policy alone: neither an outcome, nor what limits refused", async () => {
    const of = call({});
    const { event } = await stored(toQuery(of, callerOf(principal()), "low"), callSubject(of));
    expect(isPolicyDecision(event)).toBe(true);
    expect(isPolicyDecision({ ...event, phase: "outcome" })).toBe(false);
    const { policy: _policy, ...limited } = event;
    expect(isPolicyDecision(limited)).toBe(false);
  });
});
