import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAuditLog, type RecordResult } from "@sark/audit";
import { openTransparencyLog } from "@sark/audit/log-builder";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { checkRun, ORIGIN } from "./check.ts";
import type { DeliveryFindings } from "./check-delivery.ts";
import { finishedLine, oracleLine, refusedLine } from "./oracle.ts";
import { POISON } from "./receivers.ts";
import { createAuditDatabase } from "@sark/audit/testing";

let database: Awaited<ReturnType<typeof createAuditDatabase>>;
let folder: string;
let oracle: string;
let verifierKey: string;
let events: RecordResult[];

beforeEach(async () => {
  database = await createAuditDatabase();
  folder = mkdtempSync(join(tmpdir(), "sark-check-"));
  oracle = join(folder, "oracle");
  const log = createAuditLog({ connectionString: database.url });
  events = await Promise.all(
    Array.from({ length: 20 }, (_value, index) =>
      log.record({
        event_type: "tool_invoke",
        decision: "allow",
        reason: "A test.",
        timestamp: Date.now() / 1000,
        gateway_request_id: `request-${index}`,
      }),
    ),
  );
  await log.close();
  writeFileSync(oracle, events.map(oracleLine).join(""));
  const builder = await openTransparencyLog({
    connectionString: database.url,
    origin: ORIGIN,
    keyFile: join(folder, "key.pem"),
    memoryFile: join(folder, "memory"),
    intervalMs: 1,
  });
  ({ verifierKey } = builder);
  builder.start();
  await vi.waitFor(async () => expect(await builder.latestCheckpoint()).toContain(`${ORIGIN}\n20\n`), 20_000);
  await builder.close();
});
afterEach(async () => {
  await database.drop();
  rmSync(folder, { recursive: true });
});

async function query(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(sql);
  await client.end();
}

it("finds nothing wrong with a log that kept its word, and passes over a line that was being written [AUD-4]", async () => {
  appendFileSync(oracle, "0199a0b0-0000-7000-8000-00000000");
  expect(await checkRun(database.url, [oracle], verifierKey)).toEqual({
    events: 20,
    acknowledged: 20,
    unacknowledged: 0,
    orphanedIntents: 0,
    proven: 20,
    deliveries: [],
    violations: [],
  });
});

it("names an acknowledged event that is lost, or stands elsewhere [AUD-4]", async () => {
  const id = "0199a0b0-0000-7000-8000-000000000000";
  appendFileSync(oracle, `${id} 20 ${"00".repeat(32)}\n`);
  const [first, second] = events as [RecordResult, RecordResult];
  writeFileSync(`${oracle}-2`, oracleLine({ ...first, seq: 5n }));
  const { violations } = await checkRun(database.url, [oracle, `${oracle}-2`], verifierKey);
  expect(violations).toEqual([
    "ids were acknowledged twice: 1",
    ...[
      `${id} was acknowledged at 20 and stands nowhere`,
      `${first.id} was acknowledged at 5 and stands at ${first.seq}`,
    ].toSorted(),
  ]);
  expect(violations.join()).not.toContain(second.id);
});

it.each([
  ["a gap", "DELETE FROM gateway_audit_events WHERE seq = 3", /numbers are missing.*: 1$/m],
  [
    "a column",
    "UPDATE gateway_audit_events SET reason = 'x' WHERE seq = 3",
    /columns say something else.*: 1$/m,
  ],
  ["bytes", "UPDATE gateway_audit_events SET canonical = '{}' WHERE seq = 3", /leaf hashes are not.*: 1$/m],
  [
    "a record that was written twice",
    "UPDATE gateway_audit_events SET gateway_request_id = 'request-4' WHERE seq = 3",
    /records were written twice: 1$/m,
  ],
])("finds %s [AUD-4] [AUD-7]", async (_what, tamper, violation) => {
  await query(tamper);
  const { violations } = await checkRun(database.url, [oracle], verifierKey);
  expect(violations.join("\n")).toMatch(violation);
  expect(violations.join("\n")).toMatch(/ at 3: /);
});

it("names calls without an outcome that no crash explains [AUD-4]", async () => {
  const intents = events.slice(0, 3).map(({ id }) => `'${id}'`);
  const pids = (pid: number, ids: readonly string[]) =>
    query(`UPDATE gateway_audit_events SET phase = 'intent', metadata = '{"producer": "a", "pid": ${pid}}'
      WHERE id IN (${ids.join(", ")})`);
  const found = async (): Promise<string[]> =>
    (await checkRun(database.url, [oracle], verifierKey)).violations.filter((text) =>
      text.includes("no outcome"),
    );
  await pids(7, intents.slice(0, 1));
  expect(await found()).toEqual([]);
  await pids(7, intents);
  expect(await found()).toEqual(["3 calls of a (7) have no outcome"]);
  await pids(8, intents.slice(0, 1));
  appendFileSync(oracle, finishedLine(8));
  expect(await found()).toEqual(["2 calls of a (7) have no outcome", "1 calls of a (8) have no outcome"]);
});

it("lets a full disk explain a missing outcome whose caller was told, and no other error [AUD-4]", async () => {
  const [full, late] = events as [RecordResult, RecordResult];
  await query(`UPDATE gateway_audit_events SET phase = 'intent', metadata = '{"producer": "a", "pid": 7}'
    WHERE id IN ('${full.id}', '${late.id}')`);
  appendFileSync(oracle, finishedLine(7));
  const found = async (): Promise<string[]> =>
    (await checkRun(database.url, [oracle], verifierKey)).violations.filter((text) =>
      text.includes("outcome"),
    );
  expect(await found()).toEqual(["2 calls of a (7) have no outcome"]);
  appendFileSync(oracle, refusedLine(full.id, "spool_failed"));
  expect(await found()).toEqual(["1 calls of a (7) have no outcome"]);
  appendFileSync(oracle, refusedLine(late.id, "store_timeout"));
  expect(await found()).toEqual([`the outcome of ${late.id} was refused: store_timeout`]);
});

describe("of a destination", () => {
  const upTo = (count: number) => Array.from({ length: count }, (_, seq) => seq);

  /** What a destination says of itself, and what stands in its quarantine, when all is as it must be. */
  async function settle(refused: readonly number[] = []): Promise<void> {
    await query(
      `INSERT INTO audit_destinations (name, cursor_seq, acknowledged) VALUES ('d', 20, ${20 - refused.length})`,
    );
    for (const seq of refused) {
      await query(`INSERT INTO audit_quarantine (destination, seq, event_id, canonical, reason)
        VALUES ('d', ${seq}, gen_random_uuid(), '${POISON}', 'status 400')`);
    }
  }

  async function checkArrivals(
    seqs: readonly number[],
    change: { readonly ids?: readonly [number, string][]; readonly maxAhead?: number } = {},
  ): Promise<DeliveryFindings> {
    const known = seqs.map((seq): [number, string] => [
      seq,
      events.find((event) => event.seq === BigInt(seq))?.id ?? "?",
    ]);
    const receptions = { seqs, ids: new Map([...known, ...(change.ids ?? [])]), contradictions: [] };
    const arrivals = { destination: "d", receptions, maxAhead: change.maxAhead ?? 0 };
    const { deliveries, violations } = await checkRun(database.url, [oracle], verifierKey, [arrivals]);
    const [delivery] = deliveries as [DeliveryFindings];
    expect(violations).toEqual(delivery.violations);
    return delivery;
  }

  it("finds nothing wrong with repetitions and what was refused [SIEM-5]", async () => {
    await settle([7]);
    const seqs = [...upTo(5), ...upTo(20).filter((seq) => seq !== 7)];
    expect(await checkArrivals(seqs)).toEqual({
      destination: "d",
      received: 19,
      repetitions: 5,
      quarantined: 1,
      mostAhead: 0,
      violations: [],
    });
  });

  it("finds events that never arrived, are not the log's, or arrived out of order [SIEM-5]", async () => {
    await settle();
    const all = upTo(20);
    const violationsOf = async (...how: Parameters<typeof checkArrivals>) =>
      (await checkArrivals(...how)).violations;
    expect(await violationsOf(all.filter((seq) => seq !== 3))).toEqual([
      "d: 1 events never arrived and do not stand in quarantine: 3",
      "d: event 19 arrived 16 places ahead of one that had not",
    ]);
    expect(await violationsOf(all, { ids: [[4, "another"]] })).toEqual([
      "d: 1 events arrived with another id than the log has: 4",
    ]);
    expect(await violationsOf([...all, 20])).toEqual([
      "d: 1 events arrived although the log does not have them: 20",
    ]);
    const swapped = [0, 2, 1, ...all.slice(3)];
    expect(await violationsOf(swapped)).toEqual(["d: event 2 arrived 1 places ahead of one that had not"]);
    expect(await violationsOf(swapped, { maxAhead: 1 })).toEqual([]);
  });

  it("finds what stands in quarantine for nothing, and figures that are wrong [SIEM-5]", async () => {
    await settle([7]);
    await query("UPDATE audit_quarantine SET canonical = 'sound'");
    await query("UPDATE audit_destinations SET acknowledged = 18, purged = 1");
    const { violations } = await checkArrivals(upTo(20).filter((seq) => seq !== 7));
    expect(violations).toEqual([
      "d: 1 events stand in quarantine without having been refused: 7",
      expect.stringContaining("its figures are"),
    ]);
  });
});
