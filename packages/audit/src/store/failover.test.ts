import { expect, it, onTestFinished, vi } from "vitest";
import { queryDatabase } from "@sark/testkit";
import type { AuditObserver } from "../observer.ts";
import { createAuditLog } from "./audit-log.ts";
import { expectGapless } from "./testing/expect-log.ts";
import { prepareAuditDatabase } from "./testing/prepare-audit-database.ts";
import { callIntent } from "./testing/records.ts";
import { startLaggingStandby, type LaggingStandby } from "./testing/start-lagging-standby.ts";

type Loss = Parameters<AuditObserver["storeSetBack"]>[0];

/** The standby is there until the test ends, and then each log is closed. */
async function setUp(): Promise<{
  database: LaggingStandby;
  losses: Loss[];
  open(): ReturnType<typeof createAuditLog>;
}> {
  const database = await startLaggingStandby(prepareAuditDatabase);
  onTestFinished(() => database.stop());
  const losses: Loss[] = [];
  return {
    database,
    losses,
    open() {
      const log = createAuditLog({
        connectionString: database.url,
        writeTimeoutMs: 60_000,
        observer: { storeSetBack: (loss) => losses.push(loss) },
      });
      onTestFinished(() => log.close());
      return log;
    },
  };
}

const untilTaken = (log: ReturnType<typeof createAuditLog>) =>
  vi.waitUntil(() =>
    log.check(new AbortController().signal).then(
      () => true,
      () => false,
    ),
  );

it("tells once what a standby lacks that took over without the last commits, before anything is written to it [AUD-4]", async () => {
  const { database, losses, open } = await setUp();
  const log = open();
  const kept = await log.record(callIntent());
  await database.part();
  const lost = [await log.record(callIntent()), await log.record(callIntent())];
  expect(lost.map(({ seq }) => seq)).toEqual([1n, 2n]);
  expect(losses).toEqual([]);
  await database.takeOver();
  // A standby may be behind: of itself it says nothing.
  await expect(log.check(new AbortController().signal)).rejects.toMatchObject({ code: "store_unavailable" });
  expect(losses).toEqual([]);
  await database.promote();
  // Also where no call comes: health asks.
  await untilTaken(log);
  expect(losses).toEqual([{ id: lost[1]?.id, seq: 2n, nextSeq: 1n }]);
  // Calls go on, and what is acknowledged from here on is there.
  const next = await log.record(callIntent());
  expect(next.seq).toBe(1n);
  await untilTaken(log);
  await expectGapless(database.url, [kept.id, next.id]);
  expect(losses).toHaveLength(1);
});

it("tells so as well where another replica has given the lost numbers to other events [AUD-4]", async () => {
  const { database, losses, open } = await setUp();
  const log = open();
  await log.record(callIntent());
  await database.part();
  const lost = await log.record(callIntent());
  await database.takeOver();
  await database.promote();
  const other = createAuditLog({ connectionString: database.url });
  for (let times = 0; times < 3; times += 1) {
    await other.record(callIntent());
  }
  await other.close();
  expect((await log.record(callIntent())).seq).toBe(4n);
  expect(losses).toEqual([{ id: lost.id, seq: 1n, nextSeq: 4n }]);
});

it("takes what retention dropped, and a server that restarted, for no loss [AUD-3] [AUD-4]", async () => {
  const { database, losses, open } = await setUp();
  const log = open();
  await log.record(callIntent());
  const { seq } = await log.record(callIntent());
  await queryDatabase(database.url, "DELETE FROM gateway_audit_events WHERE seq = $1", [String(seq)]);
  await database.part();
  await untilTaken(log);
  expect((await log.record(callIntent())).seq).toBe(2n);
  expect(losses).toEqual([]);
});
