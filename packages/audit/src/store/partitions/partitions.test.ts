import pg from "pg";
import { expect, inject, it, vi } from "vitest";
import { queryDatabase, createTestDatabase } from "@sark/testkit";
import { createAuditLog } from "../audit-log.ts";
import { migrate } from "../migrations/migrate.ts";
import { ensurePartitions } from "./partitions.ts";
import { createAuditReader } from "../query/reader.ts";
import { expectGapless } from "../testing/expect-log.ts";
import { callIntent } from "../testing/records.ts";

it("keeps an event whose partition is made while it is on its way to the default one [AUD-3] [AUD-4]", async () => {
  const database = await createTestDatabase(inject("postgresUrl"));
  await migrate(database.url);
  const log = createAuditLog({ connectionString: database.url });
  await log.check(new AbortController().signal);
  const maker = new pg.Client({ connectionString: database.url });
  await maker.connect();
  await maker.query("BEGIN; LOCK TABLE gateway_audit_events_default");
  const recording = log.record(callIntent({ timestamp: Date.UTC(2020, 1, 2, 3) / 1_000 }));
  await vi.waitFor(async () => {
    const waiting = await queryDatabase(
      database.url,
      "SELECT FROM pg_locks WHERE NOT granted AND relation = 'gateway_audit_events_default'::regclass",
    );
    expect(waiting).toHaveLength(1);
  });
  await maker.query(`
    CREATE TABLE gateway_audit_events_p20200202 (LIKE gateway_audit_events INCLUDING ALL);
    ALTER TABLE gateway_audit_events ATTACH PARTITION gateway_audit_events_p20200202
      FOR VALUES FROM ('2020-02-02Z') TO ('2020-02-03Z');
    COMMIT`);
  const { id } = await recording;
  await maker.end();
  expect(await queryDatabase(database.url, "SELECT id FROM gateway_audit_events_p20200202")).toEqual([
    { id },
  ]);
  await expectGapless(database.url, [id]);
  await log.close();
  await database.drop();
});

it("makes the partitions of both tables once when many start together [AUD-3]", async () => {
  const database = await createTestDatabase(inject("postgresUrl"));
  await migrate(database.url);
  const failures: unknown[] = [];
  const logs = Array.from({ length: 6 }, () =>
    createAuditLog({
      connectionString: database.url,
      partitionsAhead: 3,
      observer: { backgroundFailed: (failure) => failures.push(failure) },
    }),
  );
  await Promise.all(logs.map((log) => log.check(new AbortController().signal)));
  const partitions = await queryDatabase<{ name: string }>(
    database.url,
    String.raw`SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relname ~ '_p\d{8}$' ORDER BY 1`,
  );
  expect(partitions).toHaveLength(8);
  expect(failures).toEqual([]);
  await Promise.all(logs.map((log) => log.close()));
  await database.drop();
});

it("hides no event from those who ask while it is moved into a new partition [AUD-3] [AUD-6]", async () => {
  const database = await createTestDatabase(inject("postgresUrl"));
  await migrate(database.url);
  const inTenDays = Date.now() + 10 * 86_400_000;
  const log = createAuditLog({ connectionString: database.url });
  const { id } = await log.record(callIntent({ timestamp: inTenDays / 1_000 }));
  await log.close();
  // The session that attaches the partition stops there, before the commit, until the lock is free.
  await queryDatabase(
    database.url,
    `CREATE FUNCTION wait_here() RETURNS event_trigger LANGUAGE plpgsql AS
       $$ BEGIN PERFORM pg_advisory_xact_lock(1); END $$;
     CREATE EVENT TRIGGER stop ON ddl_command_end WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION wait_here();`,
  );
  const [gate, maker] = [0, 1].map(() => new pg.Client({ connectionString: database.url })) as [
    pg.Client,
    pg.Client,
  ];
  await Promise.all([gate.connect(), maker.connect()]);
  await gate.query("SELECT pg_advisory_lock(1)");
  const making = ensurePartitions(maker, inTenDays, 0);
  const waiting = (kind: string): Promise<void> =>
    vi.waitFor(async () => {
      const locks = await queryDatabase(
        database.url,
        "SELECT FROM pg_locks WHERE NOT granted AND locktype = $1 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
        [kind],
      );
      expect(locks).toHaveLength(1);
    });
  await waiting("advisory");
  const reader = createAuditReader({ connectionString: database.url });
  const asking = reader.event(id);
  await waiting("relation");
  await gate.query("SELECT pg_advisory_unlock(1)");
  expect(await making).toHaveLength(2);
  expect((await asking)?.event.id).toBe(id);
  await Promise.all([reader.close(), gate.end(), maker.end()]);
  await database.drop();
});

it("waits for today's partition before it writes the first event [AUD-3]", async () => {
  const database = await createTestDatabase(inject("postgresUrl"));
  await migrate(database.url);
  const log = createAuditLog({ connectionString: database.url });
  await log.record(callIntent());
  const [holder] = await queryDatabase<{ name: string }>(
    database.url,
    "SELECT tableoid::regclass::text AS name FROM gateway_audit_events",
  );
  expect(holder?.name).toMatch(/_p\d{8}$/);
  await log.close();
  await database.drop();
});

it("keeps the events of calls in sessions as they are, without trying to compress them [AUD-3]", async () => {
  const database = await createTestDatabase(inject("postgresUrl"));
  await migrate(database.url);
  const log = createAuditLog({ connectionString: database.url });
  for (const length of [1_000, 3_000]) {
    const metadata = { text: "x".repeat(length) };
    await log.record(callIntent({ metadata }));
  }
  const stored = await queryDatabase(
    database.url,
    `SELECT pg_column_size(canonical) < octet_length(canonical) AS compressed, pg_column_size(e.*) > 2100 AS large
     FROM gateway_audit_events AS e ORDER BY seq`,
  );
  expect(stored).toEqual([
    { compressed: false, large: true },
    { compressed: true, large: true },
  ]);
  await log.close();
  await database.drop();
});
