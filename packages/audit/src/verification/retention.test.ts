import { afterAll, beforeAll, expect, inject, it, vi } from "vitest";
import { createTestLog, type TestLog } from "../log-builder/testing/test-log.ts";
import { createPurgeRecords } from "../signed-records/purge-records.ts";
import { verifyExport } from "./export/verify-export.ts";
import { verifyOnline } from "./online/verify-online.ts";
import { keys, signLog, retainLog, exportedLog, inOnePiece } from "./testing/signed-log.ts";

let log: TestLog;

// 20,000 old events with a new one among them, of which retention keeps only that; then 100 new ones.
const OLD = { timestamp: 1_000_000_000 };
const KEPT = 17_000;

beforeAll(async () => {
  log = await createTestLog(inject("postgresUrl"));
  await log.append(KEPT, OLD);
  await log.append(1, { timestamp: Date.now() / 1_000 });
  await log.append(20_000 - KEPT - 1, OLD);
  await signLog(log.pool);
  await retainLog(log.pool);
  await log.append(100, { timestamp: Date.now() / 1_000 });
  await signLog(log.pool);
});
afterAll(() => log.close());

const verify = () => verifyOnline({ pool: log.pool, keys });

it("verifies a log of which retention dropped most, and says how much [AUD-7] [AUD-3]", async () => {
  expect(await verify()).toMatchObject({ ok: true, events: 102, purged: 19_999, uncovered: 0, findings: [] });
});

it("exports it, and verifies the export as complete [AUD-7] [AUD-3]", async () => {
  const bytes = await exportedLog(log.pool);
  const result = await verifyExport({ input: inOnePiece(bytes), keys, complete: true });
  expect(result).toMatchObject({ ok: true, events: 102, purged: 19_999, skipped: 0 });
  const part = await verifyExport({
    input: inOnePiece(await exportedLog(log.pool, { fromSeq: 20_050 })),
    keys,
  });
  expect(part).toMatchObject({ ok: true, purged: 0, skipped: 20_050 });
});

it("takes no record for what it does not name: more was removed than retention dropped [AUD-7]", async () => {
  await log.query("BEGIN; CREATE TABLE kept AS SELECT * FROM gateway_audit_events; COMMIT");
  await log.query("DELETE FROM gateway_audit_events WHERE seq = $1", [KEPT]);
  expect((await verify()).findings).toMatchObject([{ kind: "missing", seq: KEPT }]);
  const bytes = await exportedLog(log.pool);
  const offline = await verifyExport({ input: inOnePiece(bytes), keys });
  expect(offline.findings).toMatchObject([{ kind: "missing", seq: KEPT }]);

  // Nor one that was altered to name it.
  const record = `metadata = jsonb_set(metadata, '{seq_ranges}', '[[0, 19999]]')`;
  await log.query(`UPDATE gateway_audit_events SET ${record},
    canonical = convert_to(regexp_replace(convert_from(canonical, 'UTF8'), '"seq_ranges":[^"]*"', '"seq_ranges":[[0,19999]],"'), 'UTF8')
    WHERE event_type = 'retention_purge'`);
  await log.query(
    "UPDATE gateway_audit_events SET leaf_hash = sha256('\\x00' || canonical) WHERE event_type = 'retention_purge'",
  );
  expect((await verify()).findings).toMatchObject([{ kind: "altered", seq: 20_000 }]);
  await log.query("TRUNCATE gateway_audit_events");
  await log.query("INSERT INTO gateway_audit_events SELECT * FROM kept");
  expect((await verify()).ok).toBe(true);
});

it("needs the tiles for what was dropped: without them nothing tells what was there [AUD-7]", async () => {
  await log.query("CREATE TABLE tiles AS SELECT * FROM gateway_audit_tiles");
  await log.query("DELETE FROM gateway_audit_tiles");
  expect((await verify()).findings).toMatchObject([{ kind: "missing", seq: 0 }]);
  await log.query("INSERT INTO gateway_audit_tiles SELECT * FROM tiles");
  // Altered where an event is missing, they no longer lead to what was signed.
  await log.query(
    "UPDATE gateway_audit_tiles SET hashes = overlay(hashes PLACING sha256('x') FROM 1) WHERE level = 1 AND index = 0",
  );
  expect((await verify()).findings).toMatchObject([{ kind: "altered", seq: 0, before: 20_000 }]);
});

it("still knows what was dropped when the record of that is so old that it is dropped itself [AUD-7] [AUD-3]", async () => {
  await log.empty();
  await log.append(300, OLD);
  await signLog(log.pool);
  for (const daysAgo of [120, 80, 40, 0]) {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() - daysAgo * 86_400_000 });
    try {
      await retainLog(log.pool);
    } finally {
      vi.useRealTimers();
    }
    await signLog(log.pool);
    expect(await verify()).toMatchObject({ ok: true, events: 1, findings: [] });
    const offline = await verifyExport({
      input: inOnePiece(await exportedLog(log.pool)),
      keys,
      complete: true,
    });
    expect(offline).toMatchObject({ ok: true, skipped: 0 });
  }
});

it("reads what records say, and nothing into them [AUD-7]", () => {
  const records = createPurgeRecords(null);
  const record = (metadata: unknown, event_type = "retention_purge"): Buffer =>
    Buffer.from(
      JSON.stringify({ event_type, metadata: { table: "gateway_audit_events", ...(metadata as object) } }),
    );
  records.add(
    100,
    record({
      rows: 15,
      seq_ranges: [
        [10, 19],
        [40, 44],
      ],
      all_ranges_named: true,
    }),
  );
  records.add(100, record({ rows: 50, seq_ranges: [[90, 120]] }));
  records.add(100, record({ seq_ranges: [[50, 60]] }, "tool_invoke"));
  records.add(100, record({ seq_ranges: [[50, 60]], table: "gateway_audit_payloads" }));
  records.add(100, record({ seq_ranges: [["50", 60], [60, 50], [50], "x"] }));
  records.add(100, Buffer.from("no json"));
  expect(records.firstUncovered(10, 20)).toBeNull();
  expect(records.firstUncovered(9, 20)).toBe(9);
  expect(records.firstUncovered(12, 45)).toBe(20);
  expect(records.nextCovered(20, 60)).toBe(40);
  expect(records.nextCovered(45, 60)).toBe(60);
  expect(records.firstUncovered(50, 51)).toBe(50);
  expect(records.firstUncovered(90, 91)).toBe(90);
  // Where a record could not name all of it, so much may be missing before it, and no more.
  records.add(200, record({ rows: 12, seq_ranges: [[150, 159]], all_ranges_named: false }));
  expect(records.firstUncovered(120, 122)).toBeNull();
  expect(records.firstUncovered(130, 131)).toBe(130);
  // An attacker who can write to the database can make a record of any length.
  const many = Array.from({ length: 200_000 }, (_, index) => [1_000 + 2 * index, 1_000 + 2 * index]);
  records.add(1_000_000, record({ seq_ranges: many }));
  expect(records.firstUncovered(1_002, 1_003)).toBeNull();
});
