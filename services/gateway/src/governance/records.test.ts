import type { AuditRecord } from "@sark/audit";
import { canonicalJson } from "@sark/audit/json";
import { describe, expect, it } from "vitest";
import type { AuthorizationQuery, Decision } from "../domain/authorization.ts";
import { CALL_KINDS, type Caller, type McpCall } from "../domain/governance.ts";
import type { Principal } from "../domain/principal.ts";
import { toQuery, toVisibilityQuery } from "./query.ts";
import { callSubject, decisionRecord, outcomeRecord, requestPayloads } from "./records.ts";

const alice: Principal = {
  id: "alice",
  type: "user",
  actor: "assistant",
  tenant: "acme",
  roles: ["developer"],
  attributes: {},
  method: "jwt",
};
const caller: Caller = {
  principal: alice,
  correlationId: "c-1",
  clientAddress: "127.0.0.1",
  credential: "api_key:k-1",
  traceHeaders: {},
};
const call: McpCall = {
  server: "tools",
  method: "tools/call",
  kind: "tool",
  target: "echo",
  arguments: { text: "x" },
  params: null,
  requestId: 7,
  protocolVersion: "2025-11-25",
  sessionId: "s-1",
  sessionScope: "process",
  meta: null,
};
const allowed: Decision = {
  allow: true,
  code: "allowed",
  reason: "Developers may.",
  policies: ["developers"],
  engine: "cedar",
  revision: "r1",
  decisionId: null,
  filteredParameters: null,
  cacheTtlSeconds: 5,
  cached: false,
};

function record(
  decision: Decision,
  expectsOutcome: boolean,
  query: AuthorizationQuery = toQuery(call, caller, "low"),
) {
  return decisionRecord({
    query,
    decision,
    caller,
    subject: callSubject(call),
    sessionId: call.sessionId,
    traceId: "t".repeat(32),
    expectsOutcome,
  });
}

describe("what policy is asked", () => {
  it("about a call: who, what, how delicate, with which arguments", () => {
    expect(toQuery(call, caller, "high")).toEqual({
      principal: alice,
      action: "gateway:tool:invoke",
      resource: { type: "tool", server: "tools", name: "echo", sensitivity: "high" },
      context: { method: "tools/call", parameters: { text: "x" } },
    });
  });

  it("about whatever else of the call reaches the server", () => {
    const params = { requestState: "s", _meta: { progressToken: 1 } };
    expect(toQuery({ ...call, params }, caller, "high").context).toMatchObject({ params });
  });

  it("about a listing's entry: the same without arguments", () => {
    const { action, resource, context } = toVisibilityQuery("resource", "tools", "file:///a", caller, "low");
    expect({ action, resource, context }).toEqual({
      action: "gateway:resource:read",
      resource: { type: "resource", server: "tools", uri: "file:///a", sensitivity: "low" },
      context: {},
    });
  });

  it("about whatever names no target: the server", () => {
    for (const kind of CALL_KINDS) {
      const { resource } = toQuery({ ...call, kind, target: null, arguments: null }, caller, "medium");
      expect(resource).toEqual({ type: "server", name: "tools", sensitivity: "medium" });
    }
  });
});

/** Without what is `null` or `undefined`: the log leaves out both. */
const saidBy = (record: AuditRecord) =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null && value !== undefined));

describe("what is recorded [AUD-1]", () => {
  it("of a tool call: metadata that stand in canonical order, which costs the least to write", () => {
    const principal = { ...alice, tokenScopes: ["tools"], attributes: { team: "a" } };
    const { metadata } = record(allowed, true, toQuery(call, { ...caller, principal }, "low"));
    expect(JSON.stringify(metadata)).toBe(canonicalJson(metadata));
    expect(metadata).toMatchObject({
      action: "gateway:tool:invoke",
      reason_code: "allowed",
      method: "tools/call",
    });
  });

  it("of a call's other params: all but what the envelope of each request repeats", () => {
    const _meta = {
      progressToken: 1,
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientInfo": { name: "a" },
      "example.com/x": 2,
    };
    const params = { inputResponses: { a: { action: "accept" } }, _meta };
    expect(callSubject({ ...call, params }).params).toEqual({
      inputResponses: { a: { action: "accept" } },
      _meta: { "example.com/x": 2 },
    });
    const { "example.com/x": _, ...plain } = _meta;
    expect(callSubject({ ...call, params: { _meta: plain } }).params).toBeNull();
    expect(requestPayloads({ arguments: null, params }, "full")).toEqual({
      payloads: { params, policy: "full" },
    });
    expect(requestPayloads({ arguments: null, params: null }, "full")).toEqual({});
  });

  it("before a permitted call: an intent, with who acts for whom and what decided", () => {
    expect(record(allowed, true)).toMatchObject({
      event_type: "tool_invoke",
      user_id: "alice",
      agent_id: "assistant",
      tenant_id: "acme",
      server_name: "tools",
      tool_name: "echo",
      decision: "allow",
      phase: "intent",
      gateway_request_id: "c-1",
      session_id: "s-1",
      sensitivity: "low",
      client_address: "127.0.0.1",
      credential: "api_key:k-1",
      policy: { engine: "cedar", ids: ["developers"], revision: "r1" },
    });
  });

  it("of a denial: one record that is complete", () => {
    const denied = record({ ...allowed, allow: false, code: "denied_by_policy" }, true);
    expect(denied).toMatchObject({ decision: "deny", phase: "decision", outcome: "denied" });
  });

  it("of a decision that others act on: no outcome, whatever it was", () => {
    expect(record(allowed, false)).toMatchObject({ phase: "decision" });
    expect(saidBy(record(allowed, false))).not.toHaveProperty("outcome");
    expect(saidBy(record({ ...allowed, allow: false }, false))).not.toHaveProperty("outcome");
  });

  it("after the call: how it ended, pointing back at the intent", () => {
    const intent = record(allowed, true);
    const outcome = outcomeRecord(
      intent,
      "id-1",
      { outcome: "protocol_error", errorCode: -32602 },
      0.0123456,
    );
    expect(outcome).toMatchObject({
      user_id: "alice",
      tool_name: "echo",
      decision: "allow",
      phase: "outcome",
      outcome: "protocol_error",
      intent_id: "id-1",
      duration_ms: 12.346,
      client_address: "127.0.0.1",
      credential: "api_key:k-1",
      metadata: { error_code: -32602 },
    });
  });

  it("of a decision for an agent: who asked, where that is another", () => {
    const made = (principal: Principal, agentId: string) =>
      decisionRecord({
        query: toQuery(call, caller, "low"),
        decision: allowed,
        caller: { ...caller, principal },
        subject: { ...callSubject(call), agentId },
        sessionId: null,
        traceId: undefined,
        expectsOutcome: false,
      });
    const edge: Principal = { ...alice, id: "edge", type: "agent", actor: null };
    expect(made(edge, "bot")).toMatchObject({ agent_id: "bot", submitted_by: "agent:edge" });
    expect(made(alice, "alice")).toMatchObject({ agent_id: "alice", submitted_by: "user:alice" });
    expect(saidBy(made(edge, "edge"))).not.toHaveProperty("submitted_by");
  });

  it("of an agent: no user", () => {
    const bot: Caller = { ...caller, principal: { ...alice, type: "agent", actor: null, tenant: null } };
    const made = decisionRecord({
      query: toQuery(call, bot, "low"),
      decision: allowed,
      caller: bot,
      subject: callSubject(call),
      sessionId: null,
      traceId: undefined,
      expectsOutcome: true,
    });
    expect(made).toMatchObject({ agent_id: "alice" });
    for (const absent of ["user_id", "tenant_id", "session_id", "trace_id"]) {
      expect(saidBy(made)).not.toHaveProperty(absent);
    }
  });
});
