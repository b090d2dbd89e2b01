import pg from "pg";
import { queryDatabase } from "@sark/testkit";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { combineObservers } from "../../combine-observers.ts";
import { SILENT_AUDIT_OBSERVER, type AuditObserver } from "../../observer.ts";
import { createAuditLog } from "../audit-log.ts";
import type { AuditLog } from "../audit-log-types.ts";
import { createAuditReader } from "../query/reader.ts";
import { expectGapless } from "../testing/expect-log.ts";
import { callIntent, callOutcome } from "../testing/records.ts";
import { startMaintenance } from "./maintenance.ts";
import { applyRetention } from "./retention.ts";
import { createAuditDatabase } from "../testing/audit-database.ts";

const DAY = 86_400;
const now = Date.now() / 1_000;

let database: Awaited<ReturnType<typeof createAuditDatabase>>;
let log: AuditLog;
beforeEach(async () => {
  database = await createAuditDatabase("schema");
  // A day's partition of last month, as it was made when that day was ahead.
  const day = new Date((now - 40 * DAY) * 1_000).toISOString().slice(0, 10);
  for (const table of ["gateway_audit_events", "gateway_audit_payloads"]) {
    await queryDatabase(
      database.url,
      `CREATE TABLE ${table}_p${day.replaceAll("-", "")} PARTITION OF ${table}
         FOR VALUES FROM ('${day}Z') TO ('${day}Z'::timestamptz + interval '1 day')`,
    );
  }
  log = createAuditLog({ connectionString: database.url, payloads: { policy: "full" } });
  await log.check(new AbortController().signal);
});
afterEach(async () => {
  await log.close();
  await database.drop();
});

/** Runs what is due once, and resolves to what was told about it. */
async function maintain(
  options: Partial<Parameters<typeof startMaintenance>[0]>,
): Promise<Record<string, unknown[]>> {
  const told: Record<string, unknown[]> = {};
  const keep = (name: keyof AuditObserver) => (detail: unknown) => void (told[name] ??= []).push(detail);
  const maintenance = startMaintenance({
    connectionString: database.url,
    observer: {
      purged: keep("purged"),
      purgeHeld: keep("purgeHeld"),
      orphansCounted: keep("orphansCounted"),
      storageMeasured: keep("storageMeasured"),
      backgroundFailed: keep("backgroundFailed"),
    },
    ...options,
  });
  await maintenance.run();
  await maintenance.close();
  expect(told["backgroundFailed"]).toBeUndefined();
  return told;
}

describe("retention [AUD-3]", () => {
  /** Events 0–2 forty days old, 3 fifty (in the default partition), 4 of today. */
  async function fill(): Promise<void> {
    for (const days of [40, 40, 40, 50, 0]) {
      await log.record(callIntent({ timestamp: now - days * DAY }), { payloads: { arguments: { days } } });
    }
  }

  it("drops no payload that came in while its neighbours were looked at: no record would tell of it", async () => {
    await log.record(callIntent({ timestamp: now - 50 * DAY }), { payloads: { arguments: { days: 50 } } });
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const ask = client.query.bind(client) as (...args: unknown[]) => unknown;
    let lookedAt = false;
    let late = false;
    client.query = (async (...args: unknown[]) => {
      lookedAt ||= /count.*gateway_audit_payloads_default/.test(String(args[0]));
      if (args[0] === "BEGIN" && lookedAt && !late) {
        late = true;
        await log.record(callIntent({ timestamp: now - 60 * DAY }), {
          payloads: { arguments: { days: 60 } },
        });
      }
      return ask(...args);
    }) as typeof client.query;
    const settings = { days: 365, payloadDays: 30 };
    const purged: unknown[] = [];
    const observer = combineObservers(SILENT_AUDIT_OBSERVER, { purged: ({ rows }) => purged.push(rows) });
    await applyRetention(client, settings, observer);
    const first = [...purged];
    await applyRetention(client, settings, observer);
    await client.end();
    expect([late, first, purged]).toEqual([true, [], [2]]);
  });

  it("drops what is older, counts it, and says so in the log itself", async () => {
    await fill();
    const { purged } = await maintain({ retention: { days: 30 } });
    expect(purged).toMatchObject([
      { table: "payloads", rows: 3 },
      { table: "payloads", rows: 1, partition: "gateway_audit_payloads_default" },
      { table: "events", rows: 3 },
      { table: "events", rows: 1, partition: "gateway_audit_events_default" },
    ]);
    const reader = createAuditReader({ connectionString: database.url });
    const { events } = await reader.events({ event_type: "retention_purge" }, { order: "oldest_first" });
    expect(events.map(({ event }) => event.metadata)).toMatchObject([
      { table: "gateway_audit_payloads", rows: 3 },
      { table: "gateway_audit_payloads", rows: 1 },
      { table: "gateway_audit_events", rows: 3, seq_ranges: [[0, 2]], all_ranges_named: true },
      { table: "gateway_audit_events", rows: 1, seq_ranges: [[3, 3]], all_ranges_named: true },
    ]);
    expect(events[0]?.event.reason).toBe("older than 30 days");
    const rest = await reader.events({}, { order: "oldest_first" });
    expect(rest.events.map(({ seq }) => seq)).toEqual([4, 5, 6, 7, 8]);
    await reader.close();
    // The next number is the one after the last, as if nothing had been dropped.
    expect(await log.record(callIntent())).toMatchObject({ seq: 9n });
    expect(await maintain({ retention: { days: 30 } })).not.toHaveProperty("purged");
  });

  it("drops nothing that an enabled destination has not received, or of a log that others sign", async () => {
    await fill();
    await queryDatabase(
      database.url,
      "INSERT INTO audit_destinations (name, enabled, cursor_seq) VALUES ('splunk', true, 2), ('retired', false, 0)",
    );
    const behind = await maintain({ retention: { days: 30 } });
    expect(behind["purged"]).toMatchObject([{ table: "payloads" }, { table: "payloads" }]);
    expect(behind["purgeHeld"]).toMatchObject([
      { reason: 'destination "splunk" has not received it' },
      { reason: 'destination "splunk" has not received it' },
    ]);
    await queryDatabase(database.url, "UPDATE audit_destinations SET cursor_seq = 3");
    const caughtUp = await maintain({ retention: { days: 30 } });
    expect(caughtUp["purged"]).toMatchObject([{ table: "events", rows: 3 }]);
    expect(caughtUp["purgeHeld"]).toHaveLength(1);

    await queryDatabase(database.url, "UPDATE audit_destinations SET cursor_seq = 1000");
    await queryDatabase(
      database.url,
      String.raw`INSERT INTO gateway_audit_checkpoints (size, root, note) VALUES (3, decode(repeat('00', 32), 'hex'), 'n')`,
    );
    const keyless = await maintain({ retention: { days: 30 } });
    expect(keyless["purgeHeld"]).toEqual([
      { partition: "all", reason: "the log is signed, and this process has no key to sign purges" },
    ]);
    expect(keyless).not.toHaveProperty("purged");
  });

  it("drops nothing by a clock that is a year ahead", async () => {
    await log.record(callIntent());
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 365 * DAY * 1_000 });
    try {
      expect(await maintain({ retention: { days: 30 } })).not.toHaveProperty("purged");
    } finally {
      vi.useRealTimers();
    }
  });

  it("keeps payloads for a shorter time than their events", async () => {
    await fill();
    const { purged } = await maintain({ retention: { days: 365, payloadDays: 30 } });
    expect(purged).toMatchObject([{ table: "payloads" }, { table: "payloads" }]);
    await expectGapless(database.url, []);
    expect(() => startMaintenance({ connectionString: database.url, retention: { days: 0 } })).toThrow(
      expect.objectContaining({ code: "invalid_settings" }) as Error,
    );
  });

  it("gives way to a query that reads the table, and to writers, and tries again", async () => {
    await fill();
    const auditor = new pg.Client({ connectionString: database.url });
    await auditor.connect();
    await auditor.query("BEGIN; SELECT count(*) FROM gateway_audit_events, gateway_audit_payloads");
    const load = { over: false };
    const written: string[] = [];
    const writer = (async () => {
      while (!load.over) {
        written.push((await log.record(callIntent())).id);
      }
    })();
    expect(await maintain({ retention: { days: 30 } })).not.toHaveProperty("purged");
    await auditor.query("COMMIT");
    await auditor.end();
    expect((await maintain({ retention: { days: 30 } }))["purged"]).toHaveLength(4);
    load.over = true;
    await writer;
    const found = await queryDatabase(database.url, "SELECT FROM gateway_audit_events WHERE id = ANY($1)", [
      written,
    ]);
    expect(found).toHaveLength(written.length);
  });
});

it("lists and counts the intents that no outcome followed in time; a late one settles its intent [AUD-6]", async () => {
  const reader = createAuditReader({ connectionString: database.url });
  const settled = await log.record(callIntent());
  const crashed = await log.record(callIntent({ tool_name: "crash" }));
  const late = await log.record(callIntent({ tool_name: "late" }));
  await log.record(callOutcome(settled.id));
  // The first scan marks what is there, the second decides on it: on none before its time is over.
  expect((await maintain({ orphanGraceSeconds: 0 }))["orphansCounted"]).toEqual([0]);
  const young = await log.record(callIntent({ tool_name: "young" }));
  expect((await maintain({ orphanGraceSeconds: 3_600 }))["orphansCounted"]).toEqual([0]);
  expect((await maintain({ orphanGraceSeconds: 0 }))["orphansCounted"]).toEqual([2]);
  const first = await reader.orphanedIntents({ limit: 1 });
  const second = await reader.orphanedIntents({ limit: 1, cursor: first.nextCursor! });
  expect([...first.intents, ...second.intents].map(({ event }) => event.id)).toEqual([late.id, crashed.id]);
  expect(second.nextCursor).toBeNull();

  await log.record(callOutcome(late.id));
  expect((await reader.orphanedIntents()).intents.map(({ event }) => event.id)).toEqual([crashed.id]);
  await log.record(callOutcome(young.id));
  expect((await maintain({ orphanGraceSeconds: 0 }))["orphansCounted"]).toEqual([1]);
  expect(await reader.countOrphanedIntents()).toBe(1);
  await reader.close();
});

it("finds orphans again after the database's clock was ahead and set right [AUD-6]", async () => {
  await log.record(callIntent());
  expect((await maintain({ orphanGraceSeconds: 0 }))["orphansCounted"]).toEqual([0]);
  await queryDatabase(
    database.url,
    "UPDATE gateway_audit_intent_scan SET pending_since = now() + interval '1 year'",
  );
  expect((await maintain({ orphanGraceSeconds: 0 }))["orphansCounted"]).toEqual([1]);
});

it("ends at once in the middle of its work, which has not failed then", async () => {
  const holder = new pg.Client({ connectionString: database.url });
  await holder.connect();
  await holder.query("BEGIN");
  await holder.query("LOCK TABLE gateway_audit_events IN ACCESS EXCLUSIVE MODE");
  const failures: unknown[] = [];
  const maintenance = startMaintenance({
    connectionString: database.url,
    observer: { backgroundFailed: (failure) => failures.push(failure) },
    retention: { days: 30 },
  });
  const running = maintenance.run();
  const waits =
    "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
  await vi.waitFor(async () => expect(await queryDatabase(database.url, waits)).not.toEqual([]));
  await maintenance.close();
  await running;
  expect(failures).toEqual([]);
  await holder.end();
});

it("measures what the log takes [MET-10]", async () => {
  const [before] = (await maintain({}))["storageMeasured"] as number[];
  const text = () => Array.from({ length: 4_000 }, () => Math.random().toString(36)).join("");
  for (let event = 0; event < 8; event += 1) {
    await log.record(callIntent({ metadata: { text: text() } }));
  }
  const [after] = (await maintain({}))["storageMeasured"] as number[];
  expect(after! - before!).toBeGreaterThan(200_000);
});
