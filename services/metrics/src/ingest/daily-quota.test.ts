import { createRightOfWay } from "@sark/scheduling";
import { queryDatabase } from "@sark/testkit";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import type { IngestEvent } from "../domain/ingest.ts";
import { createMetricsDatabase } from "../testing/database.ts";
import { eventKey } from "./event-key.ts";
import { createIngestWriter } from "./writer.ts";

let opened: Awaited<ReturnType<typeof createMetricsDatabase>>;
beforeAll(async () => {
  opened = await createMetricsDatabase(inject("postgresUrl"));
  await opened.database.asPlatform("tenants", (tx) =>
    tx.query(
      "INSERT INTO metrics.tenants (tenant_id, name, events_per_day) VALUES ('acme', 'A', 100), ('globex', 'G', NULL)",
    ),
  );
});
afterAll(() => opened.drop());

const events = (from: number, count: number): IngestEvent[] =>
  Array.from({ length: count }, (_, at) => ({
    kind: "activity",
    key: eventKey(`q-${from + at}`),
    user: "alice",
    type: "login",
    occurredAt: Date.now(),
    attributes: null,
  }));

function replica() {
  return createIngestWriter({
    database: opened.database,
    observer: {
      committed: () => undefined,
      scored: () => undefined,
      refused: () => undefined,
      batchWritten: () => undefined,
      writeFailed: () => undefined,
    },
    rightOfWay: createRightOfWay({ maxWaitMs: 200, shortMs: 100 }),
    listener: () => undefined,
    atOnce: 4,
    maxGroup: 1_000,
    maxWaiting: 100_000,
    maxWaitingPerTenant: 100_000,
  });
}

it("lets exactly the events of the day through, over all replicas at once, and counts no duplicate [SVC-1]", async () => {
  const replicas = [replica(), replica(), replica()];
  // Requests of 7: fourteen of them fit into 100, whichever come first.
  const results = await Promise.allSettled(
    Array.from({ length: 30 }, async (_, at) => replicas[at % 3]?.write("acme", events(at * 7, 7))),
  );
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(14);
  for (const result of results) {
    if (result.status === "rejected") {
      expect(result.reason).toMatchObject({ name: "QuotaExceeded", message: expect.stringContaining("100") });
      expect(result.reason.retryAfterSeconds).toBeGreaterThan(0);
      expect(result.reason.retryAfterSeconds).toBeLessThanOrEqual(86_400);
    }
  }
  const taken = results.findIndex(({ status }) => status === "fulfilled");
  expect(await replicas[0]?.write("acme", events(taken * 7, 7))).toEqual(
    Array.from({ length: 7 }, () => "duplicate"),
  );
  expect(await replicas[1]?.write("acme", events(5_000, 2))).toEqual(["accepted", "accepted"]);
  await expect(replicas[2]?.write("acme", events(6_000, 1))).rejects.toMatchObject({ name: "QuotaExceeded" });
  expect(
    await queryDatabase(
      opened.url,
      "SELECT (SELECT count(*)::int FROM metrics.activity_events WHERE tenant_id = 'acme') AS stored, events::int AS counted FROM metrics.daily_usage",
    ),
  ).toEqual([{ stored: 100, counted: 100 }]);
});

it("counts nothing of a tenant without a quota", async () => {
  await replica().write("globex", events(0, 500));
  expect(
    await queryDatabase(opened.url, "SELECT 1 FROM metrics.daily_usage WHERE tenant_id = 'globex'"),
  ).toEqual([]);
});

it("inserts nothing of a tenant that is beyond its quota, and still knows duplicates [SVC-1]", async () => {
  const inserted = async () =>
    (
      await queryDatabase<{ n: number }>(
        opened.url,
        // A sequence also counts what was inserted and taken back.
        "SELECT coalesce(last_value, 0)::float8 AS n FROM pg_sequences WHERE sequencename = 'rollup_marks_mark_id_seq'",
      )
    )[0]?.n;
  const writer = replica();
  const before = await inserted();
  for (let at = 0; at < 5; at += 1) {
    await expect(writer.write("acme", events(7_000 + at * 50, 50))).rejects.toMatchObject({
      name: "QuotaExceeded",
    });
  }
  expect(await inserted()).toBe(before);
  expect(await writer.write("acme", events(5_000, 2))).toEqual(["duplicate", "duplicate"]);
});
