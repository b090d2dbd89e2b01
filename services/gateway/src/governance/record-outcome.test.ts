import { createAuditLog, type AuditLog, type AuditRecord } from "@sark/audit";
import { createAuditReader, type AuditReader } from "@sark/audit/store";
import { afterAll, beforeAll, expect, it } from "vitest";
import { recordOutcome } from "./record-outcome.ts";
import { createAuditDatabase } from "@sark/audit/testing";

let database: Awaited<ReturnType<typeof createAuditDatabase>>;
let audit: AuditLog;
let reader: AuditReader;
beforeAll(async () => {
  database = await createAuditDatabase();
  audit = createAuditLog({ connectionString: database.url });
  reader = createAuditReader({ connectionString: database.url });
});
afterAll(async () => {
  await Promise.all([audit.close(), reader.close()]);
  await database.drop();
});

const record: AuditRecord = {
  event_type: "tool_invoke",
  decision: "allow",
  reason: "Permitted.",
  timestamp: 1,
  gateway_request_id: "r",
  phase: "outcome",
  outcome: "protocol_error",
};

it.each([
  ["NUL", "a\u0000b"],
  ["half a surrogate pair", "a\ud800b"],
])("records an outcome whose message, written by the server, holds %s [AUD-4]", async (what, message) => {
  await recordOutcome(
    audit,
    { ...record, gateway_request_id: what, metadata: { message } },
    { payloads: { result: { message }, policy: "full" } },
    "open",
  );
  const { events } = await reader.events({ gateway_request_id: what });
  expect(events.map(({ event }) => event)).toEqual([
    expect.objectContaining({
      outcome: "protocol_error",
      metadata: { not_recorded: "invalid_event: message and result of the call were not storable" },
    }),
  ]);
});

it("records an outcome whose message is too large for a record, cut [AUD-4]", async () => {
  const metadata = { message: "x".repeat(1 << 20) };
  await recordOutcome(audit, { ...record, gateway_request_id: "large", metadata }, {}, "open");
  const { events } = await reader.events({ gateway_request_id: "large" });
  expect(events.map(({ event }) => event)).toEqual([
    expect.objectContaining({
      outcome: "protocol_error",
      metadata: {
        message: expect.stringMatching(
          /^x{100,}… \(cut from 1048576 characters, SHA-256 [0-9a-f]{64}\)$/,
        ) as string,
      },
    }),
  ]);
});
