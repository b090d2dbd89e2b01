import type { StoredEvent } from "@sark/audit";
import { describe, expect, it } from "vitest";
import type { Principal } from "../../domain/principal.ts";
import { isOwn } from "./access.ts";

const alice: Principal = {
  id: "alice",
  type: "user",
  actor: null,
  tenant: "acme",
  roles: ["developer"],
  attributes: {},
  method: "jwt",
};

function event(fields: Partial<StoredEvent["event"]>): StoredEvent {
  const record = {
    id: "0198f3c1-0000-7000-8000-000000000000",
    timestamp: "2026-01-01T00:00:00.000000Z",
    created_at: "2026-01-01T00:00:00.000000Z",
    event_type: "tool_invoke",
    decision: "allow" as const,
    reason: "",
    gateway_request_id: "r",
    phase: "decision" as const,
    metadata: {},
  };
  return { seq: 0, leafHash: "", event: { ...record, ...fields } };
}

describe("whose event it is", () => {
  it.each([
    [{ user_id: "alice", tenant_id: "acme" }, alice, true],
    [{ user_id: "alice", agent_id: "planner", tenant_id: "acme" }, alice, true],
    [{ user_id: "bob", tenant_id: "acme" }, alice, false],
    [{ user_id: "alice", tenant_id: "other" }, alice, false],
    [{ user_id: "alice" }, alice, false],
    [{ user_id: "alice" }, { ...alice, tenant: null }, true],
    [{ agent_id: "alice", tenant_id: "acme" }, alice, false],
    [{ agent_id: "alice", tenant_id: "acme" }, { ...alice, type: "agent" as const }, true],
    [{ user_id: "alice", tenant_id: "acme" }, { ...alice, type: "agent" as const }, false],
    [{ tenant_id: "acme" }, alice, false],
  ])("%j of this caller: %# [AUD-7]", (fields, principal, own) => {
    expect(isOwn(event(fields), principal)).toBe(own);
  });
});
