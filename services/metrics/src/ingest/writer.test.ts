import { createRightOfWay } from "@sark/scheduling";
import { queryDatabase } from "@sark/testkit";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import type { IngestEvent, IngestedBatch } from "../domain/ingest.ts";
import { createMetricsDatabase } from "../testing/database.ts";
import { eventKey } from "./event-key.ts";
import type { IngestObserver } from "./observer.ts";
import { createIngestWriter, type IngestWriterOptions } from "./writer.ts";

const SILENT: IngestObserver = {
  committed: () => undefined,
  scored: () => undefined,
  refused: () => undefined,
  batchWritten: () => undefined,
  writeFailed: () => undefined,
};

let opened: Awaited<ReturnType<typeof createMetricsDatabase>>;
beforeAll(async () => {
  opened = await createMetricsDatabase(inject("postgresUrl"));
});
afterAll(() => opened.drop());

function writerTo(told: IngestedBatch[], options: Partial<IngestWriterOptions> = {}) {
  return createIngestWriter({
    database: opened.database,
    observer: SILENT,
    rightOfWay: createRightOfWay({ maxWaitMs: 200, shortMs: 100 }),
    listener: (batch) => void told.push(batch),
    atOnce: 2,
    maxGroup: 100,
    maxWaiting: 10_000,
    maxWaitingPerTenant: 5_000,
    ...options,
  });
}

function activity(id: string, hour = 0): IngestEvent {
  const occurredAt = Date.UTC(2026, 10, 28, hour, 30);
  return { kind: "activity", key: eventKey(id), user: "alice", type: "login", occurredAt, attributes: null };
}

it("counts each event once, however often and at once it comes, and tells of it once [SVC-1]", async () => {
  const told: IngestedBatch[] = [];
  const writer = writerTo(told);
  const requests = Array.from({ length: 30 }, (_, at) =>
    Array.from({ length: 20 }, (_, index) => activity(`once-${(at * 7 + index) % 50}`)),
  );
  const written = await Promise.all(requests.map((events) => writer.write("once", events)));
  expect(written.flat().filter((status) => status === "accepted")).toHaveLength(50);
  expect(told.flatMap(({ events }) => events.map(({ key }) => key)).toSorted()).toEqual(
    Array.from({ length: 50 }, (_, at) => eventKey(`once-${at}`)).toSorted(),
  );
  const [{ count } = { count: -1 }] = await queryDatabase<{ count: number }>(
    opened.url,
    "SELECT count(*)::int FROM metrics.activity_events WHERE tenant_id = 'once'",
  );
  expect(count).toBe(50);
});

it("marks the hours that have changed, in the same transaction, and not those of duplicates", async () => {
  const writer = writerTo([]);
  await writer.write("marks", [activity("m-1", 3), activity("m-2", 3), activity("m-3", 5)]);
  await writer.write("marks", [activity("m-1", 3)]);
  const marks = await queryDatabase<{ kind: string; hour: Date }>(
    opened.url,
    "SELECT kind, hour FROM metrics.rollup_marks WHERE tenant_id = 'marks' ORDER BY hour",
  );
  expect(marks.map(({ kind, hour }) => [kind, hour.toISOString()])).toEqual([
    ["activity", "2026-11-28T03:00:00.000Z"],
    ["activity", "2026-11-28T05:00:00.000Z"],
  ]);
});

it("refuses the events alone that the database refuses, of several requests in one transaction [SVC-1]", async () => {
  const told: IngestedBatch[] = [];
  const writer = writerTo(told);
  const poison: IngestEvent = { ...activity("bad"), attributes: '{"a":"\\u0000"}' };
  const many = Array.from({ length: 300 }, (_, at) => activity(`p-${at}`, at % 3));
  const written = await Promise.all([
    writer.write("poison", [activity("p-0")]),
    writer.write("poison", [poison]),
    writer.write("poison", [
      ...many.slice(0, 70),
      poison,
      ...many.slice(70),
      { ...poison, key: eventKey("p-5") },
    ]),
    writer.write("poison", [activity("bad")]),
  ]);
  expect(written.slice(0, 2)).toEqual([["accepted"], ["refused"]]);
  const of = (status: string) => written[2]?.flatMap((one, at) => (one === status ? [at] : []));
  expect([of("refused"), of("duplicate")]).toEqual([[70, 301], [0]]);
  // What was refused has not taken the key from another one.
  expect(written[3]).toEqual(["accepted"]);
  expect(told.flatMap(({ events }) => events)).toHaveLength(301);
  const marked = await queryDatabase<{ events: number }>(
    opened.url,
    "SELECT sum(e)::int AS events FROM metrics.rollup_marks, unnest(user_events) AS e WHERE tenant_id = 'poison'",
  );
  expect(marked).toEqual([{ events: 301 }]);
});

it("gives scores the role and the team that their user has, where they say none", async () => {
  await opened.database.asPlatform("tenants", (tx) =>
    tx.query("INSERT INTO metrics.tenants (tenant_id, name) VALUES ('roles', 'Roles')"),
  );
  await opened.database.asTenant("users", "roles", (tx) =>
    tx.query(
      "INSERT INTO metrics.users (tenant_id, user_id, user_role, team) VALUES ('roles', 'alice', 'engineer', 'x')",
    ),
  );
  const told: IngestedBatch[] = [];
  const score = {
    kind: "score",
    user: "alice",
    score: 70,
    team: null,
    occurredAt: Date.now(),
    attributes: null,
  } as const;
  await writerTo(told).write("roles", [
    { ...score, key: eventKey("r-1"), role: null },
    { ...score, key: eventKey("r-2"), role: "lead" },
  ]);
  expect(told[0]?.events.map((event) => (event.kind === "score" ? event.role : null))).toEqual([
    "engineer",
    "lead",
  ]);
});

it("refuses what there is no room for, and acknowledges nothing that it could not write", async () => {
  const gate = Promise.withResolvers<never>();
  const writer = writerTo([], {
    database: { asTenant: () => gate.promise },
    maxWaiting: 3,
    maxWaitingPerTenant: 2,
  });
  const held = writer.write("full", [activity("f-1"), activity("f-2")]);
  await expect(writer.write("full", [activity("f-3")])).rejects.toMatchObject({ name: "IngestOverloaded" });
  await expect(writer.write("other", [activity("f-4"), activity("f-5")])).rejects.toMatchObject({
    name: "IngestOverloaded",
  });
  gate.reject(new Error("the database is away"));
  await expect(held).rejects.toMatchObject({ name: "IngestFailed" });
  await writer.close();
});

it("has no deadlock where two replicas get the same events in opposite orders", async () => {
  const told: IngestedBatch[] = [];
  const [one, other] = [writerTo(told), writerTo(told)];
  const events = Array.from({ length: 400 }, (_, at) => activity(`opposite-${at}`));
  const rounds = Array.from({ length: 8 }, (_, round) => [
    one.write(`opposite-${round}`, events),
    other.write(`opposite-${round}`, events.toReversed()),
  ]);
  const written = await Promise.all(rounds.flat());
  expect(written.flat().filter((status) => status === "accepted")).toHaveLength(8 * 400);
});

it("writes a long group in pieces while others have short requests, in the order of keys, each event once [SVC-1]", async () => {
  const rightOfWay = createRightOfWay({ maxWaitMs: 1, shortMs: 60_000 });
  const end = rightOfWay.begin("neighbour");
  const sizes: number[] = [];
  const names: string[] = [];
  const database: IngestWriterOptions["database"] = {
    asTenant: (type, tenant, work) =>
      opened.database.asTenant(type, tenant, (tx) =>
        work({
          query: async (...asked: Parameters<typeof tx.query>) => {
            const result = await tx.query(...asked);
            sizes.push(result.rows.length);
            names.push((asked[0] as { readonly name?: string }).name ?? "");
            return result;
          },
        } as typeof tx),
      ),
  };
  const told: IngestedBatch[] = [];
  const [one, other] = [writerTo(told, { rightOfWay, database }), writerTo(told, { rightOfWay })];
  const events = Array.from({ length: 430 }, (_, at) => activity(`pieces-${at}`, at % 24));
  const written = await Promise.all([
    one.write("pieces", [...events, ...events.slice(0, 50)]),
    other.write("pieces", events.toReversed()),
  ]);
  end();
  expect(Math.max(...sizes)).toBeLessThanOrEqual(100);
  expect(names.filter((name) => name === "insert-activity")).toHaveLength(5);
  expect(written.flat().filter((status) => status === "accepted")).toHaveLength(430);
  expect(new Set(told.flatMap(({ events: of }) => of.map(({ key }) => key)))).toHaveLength(430);
  const [row] = await queryDatabase<{ count: number; marked: number }>(
    opened.url,
    `SELECT count(*)::int, (SELECT count(DISTINCT hour)::int FROM metrics.rollup_marks WHERE tenant_id = 'pieces') AS marked
     FROM metrics.activity_events WHERE tenant_id = 'pieces'`,
  );
  expect(row).toEqual({ count: 430, marked: 24 });
});

it("has room for the short requests of others while long groups give way to them", async () => {
  // It never ends by itself: long groups wait for as long as they may.
  const rightOfWay = createRightOfWay({ maxWaitMs: 3_600_000, shortMs: 3_600_000 });
  const writer = writerTo([], { rightOfWay });
  const end = rightOfWay.begin("short");
  const long = ["long-a", "long-b", "long-c"].map((tenant) =>
    writer.write(
      tenant,
      Array.from({ length: 150 }, (_, at) => activity(`${tenant}-${at}`)),
    ),
  );
  expect(await writer.write("short", [activity("s-1")])).toEqual(["accepted"]);
  end();
  expect((await Promise.all(long)).flat().filter((status) => status === "accepted")).toHaveLength(450);
  await writer.close();
});
