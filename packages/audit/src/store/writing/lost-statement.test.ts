import pg from "pg";
import { queryDatabase } from "@sark/testkit";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createAuditLog } from "../audit-log.ts";
import type { AuditLog } from "../audit-log-types.ts";
import { expectGapless } from "../testing/expect-log.ts";
import { callIntent } from "../testing/records.ts";
import { startProxy, type Proxy } from "../testing/start-proxy.ts";
import { createAuditDatabase } from "../testing/audit-database.ts";

// A statement whose connection was lost goes on in the database while its batch is asked for and written again: here
// both stand still where the test wants them to, so that each order of the two is the only one that can happen.

/** Before a payload of this kind is written, its backend stops for these locks: of its own pid, and of everybody. */
const STOPS = { arguments: 1, result: 2 } as const;
const EVERYBODY = 0;
const GATE = `
  CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE whose int;
    BEGIN
      FOREACH whose IN ARRAY ARRAY[pg_backend_pid(), ${EVERYBODY}] LOOP
        PERFORM pg_advisory_lock_shared(whose, TG_ARGV[0]::int);
        PERFORM pg_advisory_unlock_shared(whose, TG_ARGV[0]::int);
      END LOOP;
      RETURN NEW;
    END
  $$;
  ${Object.entries(STOPS)
    .map(
      ([kind, stop]) => `CREATE TRIGGER gate_${kind} BEFORE INSERT ON gateway_audit_payloads
        FOR EACH ROW WHEN (NEW.kind = '${kind}') EXECUTE FUNCTION gate(${stop});`,
    )
    .join("\n")}`;

let url: string;
let proxy: Proxy;
let log: AuditLog;
const cleanup: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  const database = await createAuditDatabase();
  cleanup.push(database.drop);
  url = database.url;
  await queryDatabase(url, GATE);
  proxy = await startProxy(url);
  cleanup.push(() => proxy.close());
  log = createAuditLog({ connectionString: proxy.url, payloads: { policy: "full" }, writeTimeoutMs: 60_000 });
  cleanup.push(() => log.close());
});
afterEach(async () => {
  for (const step of cleanup.splice(0).toReversed()) {
    await step();
  }
});

/** A session that holds what a statement takes, until it is released. */
async function hold(statement: string): Promise<{ release(end?: "COMMIT" | "ROLLBACK"): Promise<void> }> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  cleanup.push(() => client.end());
  await client.query(`BEGIN; ${statement}`);
  return { release: async (end = "ROLLBACK") => void (await client.query(end)) };
}

const holdStop = (pid: number, stop: keyof typeof STOPS) =>
  hold(`SELECT pg_advisory_xact_lock(${pid}, ${STOPS[stop]})`);

/** Connections that are opened from now on look for deadlocks after so long a wait, and are then the ones that fail. */
async function lookForDeadlocks(when: "at once" | "never"): Promise<void> {
  const name = new URL(url).pathname.slice(1);
  await queryDatabase(
    url,
    `ALTER DATABASE ${name} SET deadlock_timeout = '${when === "never" ? "1h" : "10ms"}'`,
  );
}

/** Opens the writer's connection, by a record; resolves to the pid of its backend. */
async function openWriter(): Promise<number> {
  await log.record(callIntent());
  const [backend] = await queryDatabase<{ pid: number }>(
    url,
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%INSERT INTO gateway_audit_events%' AND pid <> pg_backend_pid()",
  );
  return backend?.pid ?? 0;
}

type Wait = "advisory" | "transactionid" | "tuple";

/** Waits until the backend of the lost statement, or that of the one that replaces it, waits for such a lock. */
async function untilWaiting(lost: number, which: "lost" | "next", wait: Wait): Promise<void> {
  await vi.waitFor(async () => {
    const waiting = await queryDatabase(
      url,
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'sark-audit'
         AND wait_event_type = 'Lock' AND wait_event = $2 AND (pid = $1) = $3`,
      [lost, wait, which === "lost"],
    );
    expect(waiting).toHaveLength(1);
  });
}

/** Two events as one batch, the first of them with payloads. */
function recordBatch() {
  const payloads = { arguments: { path: "/etc/hosts" }, result: { lines: 3 } };
  return Promise.all([log.record(callIntent(), { payloads }), log.record(callIntent())]);
}

/** What callers heard of the batch, and what stands in the database after the lost statement's end. */
async function outcomeOf(batch: ReturnType<typeof recordBatch>, lost: number) {
  const recorded = await batch;
  await vi.waitFor(async () =>
    expect(await queryDatabase(url, "SELECT FROM pg_stat_activity WHERE pid = $1", [lost])).toEqual([]),
  );
  const next = await log.record(callIntent());
  const ids = recorded.map(({ id }) => id);
  await expectGapless(url, [...ids, next.id]);
  return {
    heard: [...recorded, next].map(({ kept, seq }) => ({ kept, seq })),
    payloads: await queryDatabase(
      url,
      "SELECT seq::int, kind FROM gateway_audit_payloads JOIN gateway_audit_events ON id = event_id ORDER BY kind",
    ),
  };
}

/** Behind the record that opened the connection, and before the one that came after. */
const ONCE = {
  heard: [1n, 2n, 3n].map((seq) => ({ kept: "committed", seq })),
  payloads: Object.keys(STOPS).map((kind) => ({ seq: 1, kind })),
};

describe("a statement with payloads whose connection was lost [AUD-4]", () => {
  it.each(["ROLLBACK", "COMMIT"] as const)(
    "waits for the head before the question whether it is stored, until another writer's %s",
    async (end) => {
      await lookForDeadlocks("at once");
      const lost = await openWriter();
      const head = await hold("UPDATE gateway_audit_head SET next_seq = next_seq");
      const batch = recordBatch();
      await untilWaiting(lost, "lost", "transactionid");
      proxy.reset();
      await untilWaiting(lost, "next", "tuple");
      await head.release(end);
      expect(await outcomeOf(batch, lost)).toEqual(ONCE);
    },
  );

  it("fails by the deadlock with the one that replaces it", async () => {
    await lookForDeadlocks("at once");
    const lost = await openWriter();
    await lookForDeadlocks("never");
    const half = await holdStop(lost, "result");
    const batch = recordBatch();
    await untilWaiting(lost, "lost", "advisory");
    proxy.reset();
    // It has the head, and wants to write the payload that the lost one has written.
    await untilWaiting(lost, "next", "transactionid");
    await half.release();
    expect(await outcomeOf(batch, lost)).toEqual(ONCE);
  });

  it("outlives the deadlock with the one that replaces it, which then finds its events", async () => {
    await lookForDeadlocks("never");
    const lost = await openWriter();
    await lookForDeadlocks("at once");
    const half = await holdStop(lost, "result");
    const batch = recordBatch();
    await untilWaiting(lost, "lost", "advisory");
    const gate = await holdStop(EVERYBODY, "arguments");
    proxy.reset();
    // It has the head, and is kept from its first payload until the lost one waits for the head.
    await untilWaiting(lost, "next", "advisory");
    await half.release();
    await untilWaiting(lost, "lost", "transactionid");
    await gate.release();
    expect(await outcomeOf(batch, lost)).toEqual(ONCE);
  });

  it("fails by its keys when it comes after the one that replaces it", async () => {
    const lost = await openWriter();
    const gate = await holdStop(lost, "arguments");
    const batch = recordBatch();
    await untilWaiting(lost, "lost", "advisory");
    proxy.reset();
    await batch;
    await gate.release();
    expect(await outcomeOf(batch, lost)).toEqual(ONCE);
  });
});
