import { TEST_PRODUCER } from "../testing/producer.ts";
import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import formats from "ajv-formats";
import { describe, expect, it } from "vitest";
import type { AuditEvent } from "../../events/audit-event.ts";
import { makeEvent } from "../testing/events.ts";
import { createFormat } from "./create-format.ts";

const schema = JSON.parse(
  readFileSync(new URL("ocsf/api-activity.schema.json", import.meta.url), "utf8"),
) as object;
const ajv = new Ajv({ allErrors: true, strictTypes: false });
formats.default(ajv);
const validate = ajv.compile(schema);

const full: Partial<AuditEvent> = {
  agent_id: "agent-7",
  phase: "outcome",
  outcome: "ok",
  intent_id: "01900000-0000-7000-8000-00000000000a",
  tenant_id: "acme",
  sensitivity: "critical",
  duration_ms: 12.345,
  trace_id: "0af7651916cd43dd8448eb211c80319c",
  session_id: "s-1",
  client_address: "203.0.113.9",
  credential: "api_key:k-1",
  submitted_by: "agent:edge",
  policy: { engine: "cedar", ids: ["p1", "p2"], revision: "r1" },
  metadata: { method: "tools/call", deep: { a: [1] } },
};

function ocsf(change: Partial<AuditEvent>): Record<string, never> {
  const parsed = JSON.parse(createFormat("ocsf", TEST_PRODUCER).encode(makeEvent(4, change))) as Record<
    string,
    never
  >;
  validate(parsed);
  expect(validate.errors).toBeNull();
  return parsed;
}

/** Fields that a record without them must not have. */
const bare: Partial<AuditEvent> = Object.fromEntries(
  ["user_id", "server_name", "tool_name"].map((name) => [name, undefined]),
);

describe("ocsf", () => {
  it("is API Activity with identity, sequence and correlation [AUD-5]", () => {
    expect(ocsf(full)).toMatchObject({
      class_uid: 6003,
      category_uid: 6,
      type_uid: 600_399,
      type_name: "API Activity: Other",
      activity_name: "Invoke",
      time: makeEvent(4).time,
      duration: 12,
      metadata: {
        version: "1.8.0",
        sequence: 4,
        uid: makeEvent(4).id,
        correlation_uid: "request-4",
        tenant_uid: "acme",
      },
      actor: { user: { uid: "alice" }, app_uid: "agent-7", session: { uid: "s-1" } },
      api: { operation: "echo", service: { name: "everything" } },
      src_endpoint: { ip: "203.0.113.9" },
      authorizations: [
        { decision: "allow", policy: { uid: "p1", version: "r1" } },
        { decision: "allow", policy: { uid: "p2", version: "r1" } },
      ],
    });
  });

  it.each<[string, Partial<AuditEvent>, object]>([
    ["allow", {}, { action_id: 1, disposition_id: 1, status_id: 1 }],
    ["deny", { decision: "deny", phase: "decision" }, { action_id: 2, disposition_id: 2, status_id: 2 }],
    [
      "tool error after allow",
      { phase: "outcome", outcome: "tool_error" },
      { action_id: 1, disposition_id: 1, status_id: 2 },
    ],
    [
      "rate limited",
      { decision: "deny", outcome: "rate_limited" },
      { action_id: 2, disposition_id: 25, status_id: 2 },
    ],
    ["cancelled", { outcome: "cancelled" }, { action_id: 1, status_id: 99 }],
    [
      "discovery",
      { event_type: "discovery" },
      { activity_id: 2, type_uid: 600_302, type_name: "API Activity: Read" },
    ],
  ])("says %s in its numbers", (_what, change, expected) => {
    expect(ocsf(change)).toMatchObject(expected);
  });

  it("is valid for a record with nothing but what is required", () => {
    expect(ocsf(bare)).toMatchObject({
      actor: { user: { name: "unknown" } },
      src_endpoint: { name: "unknown" },
    });
    expect(
      ocsf({ ...bare, agent_id: "a", policy: { engine: "opa", ids: [], revision: null } }),
    ).toMatchObject({
      actor: { user: { uid: "a" } },
      authorizations: [{ policy: { uid: "opa:default" } }],
    });
    ocsf({ ...bare, metadata: { target: "file:///x", client_address: "not an address" } });
  });
});

it.each(["json", "ocsf", "ecs", "cef"] as const)(
  "%s can be marked as sent late, and stays what it is [SIEM-5]",
  (name) => {
    const format = createFormat(name, TEST_PRODUCER);
    const { timestamp } = makeEvent(4);
    const late = format.late(format.encode(makeEvent(4, full)), timestamp);
    expect(late).toContain(name === "cef" ? "late=true" : `"late":true,"event_time":"${timestamp}"`);
    if (!format.structured) {
      return;
    }
    const parsed: unknown = JSON.parse(late);
    if (name === "ocsf") {
      expect(validate(parsed) || validate.errors).toBe(true);
    }
  },
);

describe("json", () => {
  it("is the canonical record with its seq in front, so that a copy can be verified [AUD-7]", () => {
    const event = makeEvent(12, full);
    const text = createFormat("json", TEST_PRODUCER).encode(event);
    expect(JSON.parse(text)).toEqual({ seq: 12, ...event.record });
    expect(text.replace('"seq":12,', "")).toBe(event.canonical);
  });
});

describe("ecs", () => {
  it("names who, what, where and how it ended", () => {
    expect(JSON.parse(createFormat("ecs", TEST_PRODUCER).encode(makeEvent(4, full)))).toMatchObject({
      "@timestamp": makeEvent(4).record.timestamp,
      event: {
        id: makeEvent(4).id,
        sequence: 4,
        type: ["access", "allowed"],
        outcome: "success",
        duration: 12_345_000,
      },
      user: { id: "alice" },
      rule: { name: "p1,p2", ruleset: "cedar", version: "r1" },
      sark: { tool_name: "echo", metadata: JSON.stringify(makeEvent(4, full).record.metadata) },
    });
    const denied = createFormat("ecs", TEST_PRODUCER).encode(makeEvent(4, { ...bare, decision: "deny" }));
    expect(JSON.parse(denied)).toMatchObject({ event: { type: ["access", "denied"], outcome: "failure" } });
  });
});

describe("cef", () => {
  const encode = (change: Partial<AuditEvent>) =>
    createFormat("cef", TEST_PRODUCER).encode(makeEvent(4, change));

  it("has a header of seven fields and pairs", () => {
    expect(encode({})).toMatch(
      /^CEF:0\|SARK\|SARK Gateway\|1\.2\.3\|tool_invoke\|tool_invoke allow\|3\|rt=\d+ externalId=01900000-/,
    );
    expect(encode({ decision: "deny", sensitivity: "critical" })).toContain("|8|");
    expect(encode({ outcome: "tool_error" })).toContain("|5|");
  });

  it("escapes what would end a field or forge another", () => {
    const line = encode({ user_id: "eve act=allow\nCEF:0|x", reason: "a\\b=c\r\nd" });
    expect(line).not.toMatch(/[\r\n]/);
    expect(line).toContain("suser=eve act\\=allow\\nCEF:0|x ");
    expect(line).toContain("reason=a\\\\b\\=c\\nd ");
    const steered = encode({ reason: "a\u0001\u001b[2J\tb\u0085\u2028c" });
    expect(steered).toContain("reason=a  [2J b  c ");
  });
});
