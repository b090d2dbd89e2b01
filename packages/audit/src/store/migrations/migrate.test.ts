import pg from "pg";
import { expect, inject, it } from "vitest";
import { createTestDatabase, queryDatabase } from "@sark/testkit";
import { createAuditLog } from "../audit-log.ts";
import { startStatementGate } from "../testing/start-statement-gate.ts";
import { migrate, rollback } from "./migrate.ts";

async function tables(url: string): Promise<string[]> {
  const rows = await queryDatabase<{ name: string }>(
    url,
    "SELECT relname AS name FROM pg_class WHERE relkind IN ('r','p') AND relnamespace = 'public'::regnamespace ORDER BY 1",
  );
  return rows.map(({ name }) => name);
}

it("goes up once when eight replicas start together, and down again [AUD-3]", async () => {
  const database = await createTestDatabase(inject("postgresUrl"));
  const applied = await Promise.all(Array.from({ length: 8 }, () => migrate(database.url)));
  expect(applied.filter((names) => names.length > 0)).toHaveLength(1);
  expect(await tables(database.url)).toContain("gateway_audit_events");
  await rollback(database.url, null);
  expect(await tables(database.url)).toEqual(["audit_migrations"]);
  await migrate(database.url);
  expect(await tables(database.url)).toContain("gateway_audit_head");
  await database.drop();
});

/** All that a schema is. */
const schemaOf = (url: string) =>
  queryDatabase<{ what: string }>(
    url,
    `SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default) AS what
     FROM information_schema.columns WHERE table_schema = 'public'
     UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
     UNION ALL SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
     UNION ALL SELECT name FROM audit_migrations ORDER BY 1`,
  );

/** Of 56 statements of a start on an empty database: those around the lock, of the first migration and of the last one. */
const CUT = [1, 2, 3, 4, 5, 6, 7, 8, 53, 54, 55, 56];

it.each(["is lost", "is done unheard"] as const)(
  "goes on where it was ended, whichever statement %s [AUD-3]",
  async (fate) => {
    const whole = await createTestDatabase(inject("postgresUrl"));
    await migrate(whole.url);
    const expected = await schemaOf(whole.url);
    await whole.drop();
    for (const n of CUT) {
      const database = await createTestDatabase(inject("postgresUrl"));
      const gate = await startStatementGate(database.url);
      const through = new URL(database.url);
      through.port = String(gate.port);
      const held = gate.holdAt(n);
      const migrating = migrate(through.href);
      await Promise.race([held.reached, migrating]);
      held.end(fate);
      await expect(migrating).rejects.toThrow();
      await migrate(database.url);
      expect([n, await schemaOf(database.url)]).toEqual([n, expected]);
      await gate.close();
      await database.drop();
    }
  },
);

it("refuses a schema that was edited or that it does not know [AUD-3]", async () => {
  const database = await createTestDatabase(inject("postgresUrl"));
  await migrate(database.url);
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query("INSERT INTO audit_migrations (name, checksum) VALUES ('9999_future', 'x')");
  await expect(migrate(database.url)).rejects.toMatchObject({ code: "migration_mismatch" });
  await client.query("DELETE FROM audit_migrations WHERE name = '9999_future'");
  await client.query("UPDATE audit_migrations SET checksum = 'edited'");
  await expect(migrate(database.url)).rejects.toThrow(/edited after it was applied/);
  await client.end();
  await database.drop();
});

it("makes daily partitions ahead of need and moves early rows into them [AUD-3]", async () => {
  const database = await createTestDatabase(inject("postgresUrl"));
  await migrate(database.url);
  const first = createAuditLog({ connectionString: database.url, partitionsAhead: 2 });
  await first.check(new AbortController().signal);
  const inThreeDays = Date.now() / 1000 + 3 * 86_400;
  const id = await first.logGatewayEvent({
    event_type: "discovery",
    decision: "allow",
    reason: "a clock that is ahead",
    timestamp: inThreeDays,
    gateway_request_id: "r",
  });
  await first.close();
  const holder = async (): Promise<string> => {
    const rows = await queryDatabase<{ name: string }>(
      database.url,
      "SELECT tableoid::regclass::text AS name FROM gateway_audit_events WHERE id = $1",
      [id],
    );
    return rows[0]?.name ?? "";
  };
  expect(await holder()).toBe("gateway_audit_events_default");
  const second = createAuditLog({ connectionString: database.url, partitionsAhead: 4 });
  await second.check(new AbortController().signal);
  await second.close();
  expect(await holder()).toMatch(/^gateway_audit_events_p\d{8}$/);
  await database.drop();
});
