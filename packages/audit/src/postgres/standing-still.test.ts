import { expect, inject, it, onTestFinished, vi } from "vitest";
import { createTestDatabase, queryDatabase } from "@sark/testkit";
import { createLogBuilder } from "../log-builder/signing/log-builder.ts";
import { createAuditLog } from "../store/audit-log.ts";
import { migrate } from "../store/migrations/migrate.ts";
import { createAuditDatabase } from "../store/testing/audit-database.ts";
import { expectGapless } from "../store/testing/expect-log.ts";
import { callIntent } from "../store/testing/records.ts";
import { startStatementGate } from "../store/testing/start-statement-gate.ts";
import { namedKey } from "../transparency-log/testing/keys.ts";
import { createNoteSigner } from "../transparency-log/notes/note-signer.ts";
import { createPool } from "./pool.ts";

// A process that stands still, as the database sees it: its session is there, and its next statement does not come.

const LEASE_MS = 300;
const PATIENT_MS = 600_000;

async function throughGate(url: string) {
  const gate = await startStatementGate(url);
  onTestFinished(() => gate.close());
  const through = new URL(url);
  through.port = String(gate.port);
  return { gate, url: through.href };
}

it("one in the middle of a write keeps no other from writing, and has its event once when it goes on [AUD-4]", async () => {
  const database = await createAuditDatabase();
  onTestFinished(() => database.drop());
  const { gate, url } = await throughGate(database.url);
  const open = (connectionString: string) => {
    const log = createAuditLog({ connectionString, writeTimeoutMs: PATIENT_MS, leaseMs: LEASE_MS });
    onTestFinished(() => log.close());
    return log;
  };
  const still = open(url);
  await still.record(callIntent());
  // In doubt, it locks the head, looks whether its event is there, and writes it.
  const lost = gate.holdAt(1);
  const written = still.record(callIntent());
  await lost.reached;
  lost.end("is lost");
  // Behind what opens the connection, `BEGIN`, and the two statements that lock.
  const held = gate.holdAt(7);
  await held.reached;
  expect(
    await queryDatabase(
      database.url,
      "SELECT state FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'",
    ),
  ).toHaveLength(1);
  const other = await open(database.url).record(callIntent());
  held.end("goes on");
  const { id, seq } = await written;
  expect([other.seq, seq]).toEqual([1n, 2n]);
  await expectGapless(database.url, [other.id, id]);
});

it("one in the middle of a migration keeps no other from starting [AUD-3]", async () => {
  // Waiting for its turn is no standing still; it begins with the lock.
  for (const n of [3, 5, 6]) {
    const database = await createTestDatabase(inject("postgresUrl"));
    onTestFinished(() => database.drop());
    const { gate, url } = await throughGate(database.url);
    const held = gate.holdAt(n);
    const still = migrate(url, { leaseMs: LEASE_MS });
    still.catch(() => undefined);
    await held.reached;
    expect(await migrate(database.url)).not.toEqual([]);
    held.end("goes on");
    await expect(still).rejects.toThrow();
  }
});

it("one that signs the log loses its place to another, and follows it when it goes on [AUD-7]", async () => {
  const database = await createAuditDatabase();
  onTestFinished(() => database.drop());
  const { gate, url } = await throughGate(database.url);
  const signer = createNoteSigner("standing-still", namedKey("standing-still"));
  const start = (connectionString: string) => {
    const pool = createPool({ connectionString, name: "standing-still", maxConnections: 2 });
    const leading: boolean[] = [];
    const builder = createLogBuilder({
      pool,
      signer,
      origin: "standing-still",
      intervalMs: 10,
      leaseMs: LEASE_MS,
      observer: { leadershipChanged: (isLeading) => leading.push(isLeading) },
    });
    onTestFinished(async () => {
      await builder.close();
      await pool.end();
    });
    builder.start();
    return leading;
  };
  const still = start(url);
  await vi.waitFor(() => expect(still).toEqual([true]));
  const held = gate.holdAt(1);
  await held.reached;
  const other = start(database.url);
  await vi.waitFor(() => expect(other).toEqual([true]));
  held.end("goes on");
  await vi.waitFor(() => expect(still).toEqual([true, false]));
  expect(other).toEqual([true]);
});
