import { describe, expect, it } from "vitest";
import { callIntent } from "../store/testing/records.ts";
import { acceptRecord } from "./accept-record.ts";
import { MAX_EVENT_BYTES, MAX_METADATA_DEPTH } from "./event-limits.ts";
import { isShallow } from "../json/shallow.ts";
import type { AuditRecord } from "./record.ts";
import type { AuditEvent } from "./audit-event.ts";

function stored(change: Partial<AuditRecord>): AuditEvent {
  const { canonical } = acceptRecord(callIntent(change));
  expect(Buffer.byteLength(canonical)).toBeLessThanOrEqual(MAX_EVENT_BYTES);
  return JSON.parse(canonical) as AuditEvent;
}

function nested(levels: number): unknown {
  let value: unknown = [JSON.rawJSON("9007199254740993")];
  for (let level = 1; level < levels; level += 1) {
    value = level % 2 === 0 ? [value] : { deeper: value };
  }
  return value;
}

/** As long as each field may be, in characters that take six bytes each. */
const LONGEST: Partial<AuditRecord> = {
  user_id: "\u0001".repeat(256),
  agent_id: "\u0001".repeat(256),
  server_name: "\u0001".repeat(256),
  tool_name: "\u0001".repeat(256),
  reason: "\u0001".repeat(4_096),
  gateway_request_id: "\u0001".repeat(128),
  tenant_id: "\u0001".repeat(256),
  trace_id: "\u0001".repeat(64),
  session_id: "\u0001".repeat(512),
  client_address: "\u0001".repeat(64),
  credential: "\u0001".repeat(512),
  submitted_by: "\u0001".repeat(256),
  policy: {
    engine: "\u0001".repeat(32),
    ids: Array.from({ length: 64 }, () => "\u0001".repeat(256)),
    revision: "\u0001".repeat(256),
  },
};

describe("a record of the service itself always fits an entry of the log [AUD-7]", () => {
  it.each<[string, Record<string, unknown>]>([
    ["a long text", { text: "x".repeat(1_000_000) }],
    ["a long text of three bytes each", { text: "€".repeat(300_000), method: "tools/call" }],
    ["many members", Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`k${at}`, at]))],
    ["a long list", { list: Array.from({ length: 50_000 }, () => "element") }],
    ["long keys", { ["k".repeat(100_000)]: 1, method: "tools/call" }],
    ["depth without end", { deep: nested(50_000), method: "tools/call" }],
    ["surrogate pairs at the cut", { a: "x".repeat(999) + "\u{1F511}".repeat(60_000) }],
    [
      "numbers of a thousand digits",
      { list: Array.from({ length: 200 }, () => JSON.rawJSON("9".repeat(1_000))) },
    ],
  ])("with %s in its metadata", (_what, metadata) => {
    const record = stored({ metadata });
    expect(JSON.stringify(record.metadata)).toMatch(/cut/);
    expect(record).toMatchObject({ user_id: callIntent().user_id, reason: callIntent().reason });
    if (metadata["method"] !== undefined) {
      expect(record.metadata).toMatchObject({ method: "tools/call" });
    }
  });

  it("with all fields as long as they may be, which stay whole where they say who did what", () => {
    const metadata = { text: "\u0001".repeat(100_000), target: "\u0001".repeat(200) };
    const { reason, policy, metadata: kept, ...record } = stored({ ...LONGEST, metadata });
    const { reason: _reason, policy: _policy, ...whole } = LONGEST;
    expect(record).toMatchObject(whole);
    expect(reason).toContain("cut from 4096 characters, SHA-256 ");
    expect(policy?.ids.at(-1)).toMatch(/^… and \d+ more$/);
    expect(kept["target"]).toBe(metadata.target);
  });

  it("names the size and digest of metadata that it leaves out", () => {
    const { metadata } = stored({ metadata: { list: Array.from({ length: 50_000 }, () => "element") } });
    expect(metadata).toEqual({
      sark_cut: 50_000 * 10 + 10,
      sark_sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
  });

  it("and is left as it is where it fits", () => {
    const metadata = { text: "x".repeat(60_000), policies: [1, 2] };
    expect(stored({ metadata }).metadata).toEqual(metadata);
  });
});

it("carries metadata that is nested too deep as its text, so that nothing of it is lost [SIEM-5]", () => {
  const { canonical } = acceptRecord(callIntent({ metadata: { deep: nested(60) } }));
  const { metadata } = JSON.parse(canonical) as AuditEvent;
  expect(isShallow(metadata, MAX_METADATA_DEPTH)).toBe(true);
  let value: unknown = metadata["deep"];
  while (typeof value !== "string") {
    value = Object.values(value as object)[0];
  }
  expect(value).toContain("[9007199254740993]");
  const fits = { deep: nested(MAX_METADATA_DEPTH - 1) };
  expect(acceptRecord(callIntent({ metadata: fits })).canonical).not.toContain('\\"');
});
