import { afterAll, beforeAll, expect, inject, it, vi } from "vitest";
import { createLogBuilder, type LogBuilder } from "../log-builder/signing/log-builder.ts";
import { createTestLog, type TestLog } from "../log-builder/testing/test-log.ts";
import { createAuditLog } from "../store/audit-log.ts";
import { createAuditReader } from "../store/query/reader.ts";
import { callIntent } from "../store/testing/records.ts";
import { verifyReceipt } from "../transparency-log/proofs/receipt.ts";
import type { AuditRecord } from "../events/record.ts";
import { verifyExport } from "./export/verify-export.ts";
import { verifyOnline } from "./online/verify-online.ts";
import { ORIGIN, signer, keys, exportedLog, inOnePiece } from "./testing/signed-log.ts";

/** 170 different characters of three bytes, which no index entry is made smaller by compressing. */
const name = (from: number): string =>
  String.fromCodePoint(
    ...Array.from({ length: 170 }, (_, index) => 0x4e00 + ((from * 997 + index * 7_919) % 20_000)),
  );

function nested(levels: number): unknown {
  let value: unknown = "core";
  for (let level = 0; level < levels; level += 1) {
    value = level % 2 === 0 ? [value] : { deeper: value };
  }
  return value;
}

/** Whatever the contract admits, at its limits. */
const ODD: readonly Partial<AuditRecord>[] = [
  { user_id: name(0), agent_id: name(1), server_name: name(2), tool_name: name(3), tenant_id: name(4) },
  { reason: "€".repeat(4_096), gateway_request_id: "\u{1F511}".repeat(64), session_id: "é".repeat(512) },
  { metadata: { text: "€".repeat(256 * 1024 - 20) } },
  { metadata: { nested: nested(499) } },
  { metadata: Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`k${index}`, index])) },
  {
    user_id: "\u202Eecila",
    tool_name: "\u0001\u007F\u2028\u2029\uFEFF",
    reason: "\r\n\t\\\"'\u0000".slice(0, -1),
  },
  { timestamp: 0 },
  { timestamp: 253_402_300_799 },
  { timestamp: 86_399.999_999 },
  { timestamp: 1_795_219_199.999_999 },
  { duration_ms: -0 },
  { duration_ms: 5e-324 },
  { duration_ms: Number.MAX_VALUE },
  { metadata: { n: [-0, 1e21, 1e-7, 0.1 + 0.2, 123456789012345680000, Number.MAX_SAFE_INTEGER] } },
  {
    policy: {
      engine: "cedar",
      ids: Array.from({ length: 64 }, (_, index) => name(index).slice(0, 256)),
      revision: null,
    },
  },
];

let log: TestLog;
let builder: LogBuilder;
const ids: string[] = [];
beforeAll(async () => {
  log = await createTestLog(inject("postgresUrl"));
  const audit = createAuditLog({ connectionString: log.url });
  for (const change of ODD) {
    ids.push((await audit.record(callIntent(change))).id);
  }
  // A clock that goes back by a year between two records.
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() - 365 * 86_400_000 });
  try {
    ids.push((await audit.record(callIntent({ timestamp: Date.now() / 1_000 }))).id);
  } finally {
    vi.useRealTimers();
  }
  ids.push((await audit.record(callIntent())).id);
  await audit.close();
  builder = createLogBuilder({ pool: log.pool, signer, origin: ORIGIN, intervalMs: 5 });
  builder.start();
});
afterAll(async () => {
  await builder.close();
  await log.close();
});

it("are recorded, found, proven, exported and verified as they are [AUD-1] [AUD-6] [AUD-7]", async () => {
  const reader = createAuditReader({ connectionString: log.url });
  for (const [index, id] of ids.entries()) {
    const receipt = await vi.waitFor(() => builder.receipt(id), { timeout: 20_000 });
    const event = JSON.parse(
      Buffer.from(verifyReceipt(receipt, keys, { origin: ORIGIN }).receipt.event).toString("utf8"),
    ) as unknown;
    const found = await reader.event(id);
    expect(found).toMatchObject({ seq: index });
    expect(event).toEqual(found?.event);
    const { user_id, tool_name } = found?.event ?? {};
    if (user_id !== undefined && tool_name !== undefined) {
      const { events } = await reader.events({ user_id, tool_name }, { limit: 1_000 });
      expect(events.map(({ event: one }) => one.id)).toContain(id);
    }
  }
  await reader.close();

  expect(await verifyOnline({ pool: log.pool, keys, origin: ORIGIN })).toMatchObject({
    ok: true,
    events: ids.length,
    findings: [],
  });
  const input = inOnePiece(await exportedLog(log.pool));
  expect(await verifyExport({ input, keys, complete: true })).toMatchObject({
    ok: true,
    events: ids.length,
  });

  await log.query("UPDATE gateway_audit_events SET duration_ms = '-0' WHERE duration_ms = 0");
  expect((await verifyOnline({ pool: log.pool, keys, origin: ORIGIN })).findings).toMatchObject([
    { kind: "altered", seq: ODD.findIndex((change) => change.duration_ms === 0) },
  ]);
});
