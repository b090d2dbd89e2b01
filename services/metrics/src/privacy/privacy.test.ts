import { queryDatabase } from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { Database } from "../database/database.ts";
import type { IngestEvent } from "../domain/ingest.ts";
import { insertEvents } from "../ingest/insert-events.ts";
import { eventKey } from "../ingest/event-key.ts";
import { lockRollups, rollUp } from "../rollups/roll-up.ts";
import { settle } from "../rollups/settle.ts";
import { createMetricsDatabase } from "../testing/database.ts";
import { createErasures } from "./erasures.ts";
import { exportPerson } from "./export-person.ts";
import { PERSONAL_MARKS, PERSONAL_TABLES } from "./personal-tables.ts";

const AT = Date.UTC(2026, 10, 20, 10);
const signal = new AbortController().signal;
let opened: Awaited<ReturnType<typeof createMetricsDatabase>>;
beforeAll(async () => {
  opened = await createMetricsDatabase(inject("postgresUrl"));
  await opened.database.asPlatform("tenants", (tx) =>
    tx.query("INSERT INTO metrics.tenants (tenant_id, name) VALUES ('acme', 'A'), ('globex', 'G')"),
  );
  for (const tenant of ["acme", "globex"]) {
    await opened.database.asTenant("users", tenant, (tx) =>
      tx.query(
        "INSERT INTO metrics.users (tenant_id, user_id, user_role) VALUES ($1, 'alice', 'lead'), ($1, 'bob', NULL)",
        [tenant],
      ),
    );
    await opened.database.asTenant("ingest", tenant, (tx) =>
      insertEvents(
        tx,
        tenant,
        ["alice", "bob"].flatMap((user) => eventsOf(tenant, user)),
      ),
    );
    const platform = opened.database.asPlatform;
    await platform("rollups", (tx) => rollUp(tx, tenant));
    // Some of it is settled, some is not rolled up yet.
    await platform("rollups", (tx) => settle(tx, tenant, new Date(AT + 1_800_000), 1_000));
    await opened.database.asTenant("ingest", tenant, (tx) =>
      insertEvents(tx, tenant, [activity("late", "alice", AT + 7_200_000)]),
    );
  }
});
afterAll(() => opened.drop());

function activity(id: string, user: string, occurredAt: number): IngestEvent {
  return { kind: "activity", key: eventKey(id), user, type: "login", occurredAt, attributes: null };
}

function eventsOf(tenant: string, user: string): IngestEvent[] {
  return Array.from({ length: 1_500 }, (_, at): IngestEvent[] => {
    const occurredAt = AT + at * 5_000;
    const score = { user, role: null, team: tenant, score: 50, occurredAt, attributes: null };
    return [
      activity(`${user}-${at}`, user, occurredAt),
      { kind: "score", key: eventKey(`${user}-${at}`), ...score },
    ];
  }).flat();
}

const rowsOf = async (tenant: string, user: string) => {
  const counts: Record<string, number> = {};
  for (const { table } of PERSONAL_TABLES) {
    const [row] = await queryDatabase<{ n: number }>(
      opened.url,
      `SELECT count(*)::int AS n FROM metrics.${table} WHERE tenant_id = '${tenant}' AND user_id = '${user}'`,
    );
    counts[table] = row?.n ?? -1;
  }
  return counts;
};

async function marksNaming(tenant: string, user: string): Promise<number> {
  const rows = await queryDatabase(
    opened.url,
    `SELECT FROM metrics.${PERSONAL_MARKS} WHERE tenant_id = $1 AND $2 = ANY (user_ids)`,
    [tenant, user],
  );
  return rows.length;
}

async function exported(
  tenant: string,
  user: string,
): Promise<{ table: string; row: Record<string, unknown> }[]> {
  let text = "";
  for await (const chunk of exportPerson(opened.database, tenant, user)) {
    text += String(chunk);
  }
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

describe("the data of a person [SVC-1]", () => {
  it("are in the tables that are listed, and in no others", async () => {
    const rows = await queryDatabase<{ name: string }>(
      opened.url,
      `SELECT c.relname AS name FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
       WHERE c.relnamespace = 'metrics'::regnamespace AND c.relkind IN ('r', 'p') AND a.attname IN ('user_id', 'user_ids') ORDER BY 1`,
    );
    // An erasure names its person until it is done.
    expect(rows.map(({ name }) => name)).toEqual(
      [...PERSONAL_TABLES.map(({ table }) => table), PERSONAL_MARKS, "erasures"].toSorted(),
    );
  });

  it("are exported wholly, page by page, each row once, and nothing of others or of another tenant", async () => {
    const before = await rowsOf("acme", "alice");
    const lines = await exported("acme", "alice");
    expect(lines.at(-1)).toEqual({ complete: true, rows: lines.length - 1 });
    const rows = lines.slice(0, -1);
    for (const { table } of PERSONAL_TABLES) {
      expect([table, rows.filter((line) => line.table === table).length]).toEqual([table, before[table]]);
    }
    expect(before["activity_events"]).toBeGreaterThan(1_000);
    expect(new Set(rows.map((line) => JSON.stringify(line))).size).toBe(rows.length);
    expect(new Set(rows.map(({ row }) => row["user_id"]))).toEqual(new Set(["alice"]));
    expect(JSON.stringify(rows)).not.toContain("globex");
    expect(await exported("acme", "unknown")).toEqual([{ complete: true, rows: 0 }]);
  });

  it("are read from the place of the page before on, so that each page of a long export costs the same", async () => {
    const pages: [string, unknown[]][] = [];
    const noting: Pick<Database, "asTenant"> = {
      asTenant: (type, tenant, work) =>
        opened.database.asTenant(type, tenant, (tx) =>
          work({
            query: (text: string, values: unknown[]) => {
              pages.push([text, values]);
              return tx.query(text, values);
            },
          }),
        ),
    };
    await exportPerson(noting, "acme", "alice").forEach(() => undefined);
    const [text, values] = pages.findLast(([query]) => query.includes("metrics.activity_events"))!;
    const plan = await opened.database.asTenant("personal_data", "acme", async (tx) => {
      await tx.query("SET LOCAL enable_seqscan = off");
      const { rows } = await tx.query<{ "QUERY PLAN": string }>(`EXPLAIN (ANALYZE) ${text}`, values);
      return rows.map((row) => row["QUERY PLAN"]).join("\n");
    });
    const removed = [...plan.matchAll(/Rows Removed by Filter: (\d+)/g)].map(([, rows]) => Number(rows));
    expect(plan).toMatch(/Index Cond: .*occurred_at >=/);
    expect(Math.max(0, ...removed)).toBeLessThan(100);
  });

  it("are not said to be exported wholly where they are erased while they are read, and those of others are", async () => {
    const add = (user: string) =>
      opened.database.asTenant("ingest", "globex", (tx) =>
        insertEvents(
          tx,
          "globex",
          Array.from({ length: 250 }, (_, index) => activity(`${user}-${index}`, user, AT + index)),
        ),
      );
    await add("leaving");
    await add("staying");
    const erasures = createErasures(
      opened.database,
      lockRollups,
      async () => null,
      () => undefined,
    );
    const last: unknown[] = [];
    const exports = ["leaving", "staying"].map((user) => exportPerson(opened.database, "globex", user));
    // Read up to their first rows, and then at the end.
    const readers = exports.map((one) => one[Symbol.asyncIterator]());
    for (const reader of readers) {
      let page = "";
      while (!page.includes("activity_events")) {
        page = String((await reader.next()).value);
      }
    }
    await erasures.request("globex", { user: "leaving", requestedBy: "admin", reason: "asked for" });
    await erasures.run("globex", signal);
    for (const reader of readers) {
      let text = "";
      for (let next = await reader.next(); next.done !== true; next = await reader.next()) {
        text = String(next.value);
      }
      last.push(JSON.parse(text.trimEnd().split("\n").at(-1)!));
    }
    expect(last).toEqual([
      { complete: false, rows: expect.any(Number) as number },
      { complete: true, rows: 250 },
    ]);
  });

  it("are erased once, also where roll-ups run at the same time, and those of others stay", async () => {
    const changed: string[] = [];
    const erasures = createErasures(
      opened.database,
      lockRollups,
      async () => null,
      (tenant) => {
        changed.push(tenant);
      },
    );
    const asked = { user: "alice", requestedBy: "admin", reason: "asked for" };
    const others = [await rowsOf("acme", "bob"), await rowsOf("globex", "alice")];
    // Asked for at once: there is one, which all are told of.
    const all = await Promise.all(Array.from({ length: 4 }, () => erasures.request("acme", asked)));
    const [first = await erasures.request("acme", asked)] = all;
    expect(new Set(all.map(({ id }) => id))).toEqual(new Set([first.id]));
    expect(await erasures.openTenants()).toEqual(["acme"]);
    expect(await erasures.find("globex", first.id)).toBeNull();
    const roll = () => opened.database.asPlatform("rollups", (tx) => rollUp(tx, "acme"));
    await Promise.all([erasures.run("acme", signal), roll(), erasures.run("acme", signal), roll()]);
    await roll();
    expect(Object.values(await rowsOf("acme", "alice")).every((rows) => rows === 0)).toBe(true);
    expect([await rowsOf("acme", "bob"), await rowsOf("globex", "alice")]).toEqual(others);
    const done = await erasures.find("acme", first.id);
    expect(done).toMatchObject({ requestedBy: "admin", reason: "asked for", completedAt: expect.any(Date) });
    expect(done?.deletedRows).toBeGreaterThan(2_000);
    // What was read of the tenant before is not good any more.
    expect(changed).toContain("acme");
    expect(await erasures.openTenants()).toEqual([]);
    const left = await queryDatabase(opened.url, "SELECT 1 FROM metrics.erasures WHERE user_id IS NOT NULL");
    expect(left).toEqual([]);
  });

  it("are named by no mark of events that are not rolled up yet once they are erased, and those of others in the same marks count", async () => {
    const [at, end] = [AT + 90_000_000, AT + 93_600_000];
    await opened.database.asTenant("ingest", "globex", (tx) =>
      insertEvents(tx, "globex", [activity("beside", "alice", at), activity("beside-b", "bob", at)]),
    );
    expect(await marksNaming("globex", "alice")).toBe(2);
    const erasures = createErasures(
      opened.database,
      lockRollups,
      async () => null,
      () => undefined,
    );
    await erasures.request("globex", { user: "alice", requestedBy: "admin", reason: "asked for" });
    await erasures.run("globex", signal);
    expect(await marksNaming("globex", "alice")).toBe(0);
    const counted = await opened.database.asTenant("kpis", "globex", (tx) =>
      tx.query("SELECT user_id, events::int FROM metrics.activity_between('globex', $1, $2, false)", [
        new Date(at),
        new Date(end),
      ]),
    );
    expect(counted.rows).toEqual([{ user_id: "bob", events: 1 }]);
  });

  it("are in no roll-up once the first of many raw rows are erased, nor after the last, though events come meanwhile", async () => {
    const [at, many] = [AT + 180_000_000, 6_000];
    const add = (name: string, events: number) =>
      opened.database.asTenant("ingest", "globex", (tx) =>
        insertEvents(
          tx,
          "globex",
          Array.from({ length: events }, (_, index) => activity(`${name}-${index}`, "busy", at + index)),
        ),
      );
    const roll = () => opened.database.asPlatform("rollups", (tx) => rollUp(tx, "globex"));
    await add("busy", many);
    await roll();
    const ending = new AbortController();
    const erasures = createErasures(
      opened.database,
      lockRollups,
      async () => null,
      () => ending.abort(),
    );
    await erasures.request("globex", { user: "busy", requestedBy: "admin", reason: "asked for" });
    await erasures.run("globex", ending.signal);
    const { activity_events: left, ...others } = await rowsOf("globex", "busy");
    expect(left).toBe(many - 5_000);
    expect(new Set(Object.values(others))).toEqual(new Set([0]));
    await add("meanwhile", 10);
    await roll();
    await erasures.run("globex", signal);
    expect(new Set(Object.values(await rowsOf("globex", "busy")))).toEqual(new Set([0]));
  });
});
