import canonicalize from "canonicalize";
import { expect, it } from "vitest";
import { toAcceptedEvent } from "./accepted-event.ts";
import { FIELDS } from "./fields.ts";
import { parseAuditRecord } from "./record.ts";
import { restoreEvent } from "./restore-event.ts";

const id = "01a1fdb2-cca1-7d32-8059-ad0b185f980f";
const full = parseAuditRecord({
  event_type: "tool_invoke",
  user_id: 'al"ice\\ \u2028 \u00e9 \ud83d\ude00 \u0001',
  agent_id: "bot",
  server_name: "s",
  tool_name: "t",
  decision: "allow",
  reason: "because",
  timestamp: 1_795_000_000.123456,
  gateway_request_id: "r",
  metadata: { z: 1, a: [1e21, 0.1, -0, "é"], "\u00e9": {}, A: null },
  phase: "outcome",
  outcome: "ok",
  intent_id: id,
  tenant_id: "acme",
  sensitivity: "low",
  duration_ms: 12.345,
  trace_id: "t",
  session_id: "s",
  client_address: "203.0.113.7",
  credential: "api_key:k",
  submitted_by: "agent:edge",
  policy: { engine: "cedar", ids: ["b", "a"], revision: null },
});

it("writes exactly the RFC 8785 text of the record [AUD-7]", () => {
  const event = toAcceptedEvent(full, id, 1_795_000_001_000);
  const parsed = JSON.parse(event.canonical) as Record<string, unknown>;
  expect(event.canonical).toBe(canonicalize(parsed));
  expect(parsed).toEqual({
    ...full,
    metadata: { z: 1, a: [1e21, 0.1, 0, "é"], é: {}, A: null },
    id,
    timestamp: "2026-11-18T11:06:40.123456Z",
    created_at: "2026-11-18T11:06:41.000000Z",
  });
});

it("leaves out what is absent or null, alike", () => {
  const { canonical } = toAcceptedEvent({ ...full, user_id: null, policy: undefined, outcome: null }, id, 0);
  expect(Object.keys(JSON.parse(canonical) as object)).not.toContain("user_id");
  expect(canonical).not.toContain("policy");
});

it("writes every field of the table", () => {
  const payloads = { summaries: { result: { policy: "digest", digest: "d", bytes: 2 } }, kept: [] } as const;
  const { canonical } = toAcceptedEvent(full, id, 1_795_000_001_000, payloads);
  expect(Object.keys(JSON.parse(canonical) as object).sort()).toEqual(Object.keys(FIELDS).sort());
  expect(restoreEvent(canonical, [])).toEqual({
    ...toAcceptedEvent(full, id, 1_795_000_001_000, payloads),
    record: {
      ...full,
      metadata: JSON.parse(canonicalize(full.metadata) ?? "") as object,
      timestamp: expect.closeTo(full.timestamp, 3) as number,
    },
  });
});
