import { queryDatabase } from "@sark/testkit";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import type { Database, Queryable } from "../database/database.ts";
import type { IngestEvent } from "../domain/ingest.ts";
import { eventKey } from "../ingest/event-key.ts";
import { insertEvents } from "../ingest/insert-events.ts";
import { createErasures } from "../privacy/erasures.ts";
import { createMetricsDatabase } from "../testing/database.ts";
import { lockRollups, rollUp } from "./roll-up.ts";
import { settle } from "./settle.ts";
import { MARK_AS_BEFORE, rollUpAsBefore } from "./testing/earlier-replica.ts";
import { createPlainCounts, type PlainCounts } from "./testing/plain-counts.ts";

const HOUR_MS = 3_600_000;
const START = Date.UTC(2026, 9, 24, 22);
/** Of two days. */
const HOURS = [START, START + HOUR_MS, START + 5 * HOUR_MS];

let opened: Awaited<ReturnType<typeof createMetricsDatabase>>;
let plain: PlainCounts;
beforeAll(async () => {
  opened = await createMetricsDatabase(inject("postgresUrl"));
  plain = await createPlainCounts(opened);
});
afterAll(() => opened.drop());

type Platform = Pick<Database, "asPlatform">;
/** What writes roll-ups, or takes from what they count. */
const WORKS: Readonly<Record<string, (database: Platform, tenant: string) => Promise<unknown>>> = {
  "a roll-up": (database, tenant) => database.asPlatform("rollups", (tx) => rollUp(tx, tenant)),
  "a roll-up of a replica of before": (database, tenant) =>
    database.asPlatform("rollups", (tx) => rollUpAsBefore(tx, tenant)),
  retention: (database, tenant) =>
    database.asPlatform("retention", (tx) => settle(tx, tenant, new Date(START + 2 * HOUR_MS), 3)),
  async "an erasure"({ asPlatform }, tenant) {
    const erasures = createErasures(
      { asTenant: opened.database.asTenant, asPlatform },
      lockRollups,
      async () => null,
      () => undefined,
    );
    await erasures.request(tenant, { user: "alice", requestedBy: "test", reason: "test" });
    await erasures.run(tenant, new AbortController().signal);
    await plain.erased(tenant, "alice");
  },
};

it.for(Object.entries(WORKS))(
  "what is committed between any two statements of %s is counted once, and queries see it at once [SVC-1]",
  async ([name, work]) => {
    const tenant = name.replaceAll(" ", "-");
    let sent = 0;
    async function send(...users: readonly string[]): Promise<void> {
      sent += 1;
      const occurredAt = HOURS[sent % HOURS.length] ?? START;
      const events = users.flatMap((user): IngestEvent[] => {
        const shared = { key: eventKey(`${user}-${sent}`), user, occurredAt, attributes: null };
        return [
          { kind: "activity", type: "login", ...shared },
          { kind: "score", score: sent % 100, role: "lead", team: null, ...shared },
        ];
      });
      await opened.database.asTenant("ingest", tenant, (tx) => insertEvents(tx, tenant, events));
    }
    const look = (byDay: boolean) =>
      plain.expectSameInSpan(tenant, new Date(START), new Date(START + 48 * HOUR_MS), byDay);
    /** Of the person who is being erased nothing more comes, and what has come is there or not. */
    const isErasure = name === "an erasure";
    const amongEvents: Platform = {
      asPlatform: (type, of) =>
        opened.database.asPlatform(type, (tx) => {
          const query = async (...asked: Parameters<Queryable["query"]>) => {
            await send(...(isErasure ? ["bob"] : ["alice", "bob"]));
            if (!isErasure) {
              await look(sent % 2 === 0);
            }
            return tx.query(...asked);
          };
          return of({ query } as Queryable);
        }),
    };
    for (let round = 0; round < 3; round += 1) {
      await send("alice", "bob");
      await send("alice", "bob", "carol");
      if (round === 1) {
        await queryDatabase(opened.url, MARK_AS_BEFORE, [tenant]);
      }
      await work(amongEvents, tenant);
      await look(true);
      await look(false);
      await opened.database.asPlatform("rollups", (tx) => rollUp(tx, tenant));
      await plain.expectRolledUp(tenant);
    }
    expect(sent).toBeGreaterThan(12);
    expect(
      await queryDatabase(opened.url, "SELECT FROM metrics.rollup_marks WHERE tenant_id = $1", [tenant]),
    ).toEqual([]);
  },
);

it("events of a person that come between any two statements of the erasure are deleted and not counted, or kept and counted [SVC-1]", async () => {
  const tenant = "comes-back";
  let sent = 0;
  const send = () =>
    opened.database.asTenant("ingest", tenant, (tx) =>
      insertEvents(
        tx,
        tenant,
        ["alice", "bob"].flatMap((user, at): IngestEvent[] => {
          const one = { key: eventKey(`${(sent += 1)}`), user, occurredAt: START + at, attributes: null };
          return [
            { kind: "activity", type: "login", ...one },
            { kind: "score", score: 50, role: null, team: null, ...one },
          ];
        }),
      ),
    );
  const amongEvents: Platform = {
    asPlatform: (type, of) =>
      opened.database.asPlatform(type, (tx) => {
        const query = async (...asked: Parameters<Queryable["query"]>) => {
          await send();
          return tx.query(...asked);
        };
        return of({ query } as Queryable);
      }),
  };
  await send();
  await opened.database.asPlatform("rollups", (tx) => rollUp(tx, tenant));
  await send();
  const erasures = createErasures(
    { asTenant: opened.database.asTenant, ...amongEvents },
    lockRollups,
    async () => null,
    () => undefined,
  );
  await erasures.request(tenant, { user: "alice", requestedBy: "test", reason: "test" });
  await erasures.run(tenant, new AbortController().signal);
  const counts = (kind: "activity" | "score") =>
    queryDatabase(
      opened.url,
      kind === "activity"
        ? `SELECT (SELECT count(*)::int FROM metrics.activity_events e WHERE e.tenant_id = $1 AND e.user_id = u) AS raw,
             (SELECT sum(events)::int FROM metrics.activity_days d WHERE d.tenant_id = $1 AND d.user_id = u) AS counted
           FROM unnest(ARRAY['alice', 'bob']) u`
        : `SELECT (SELECT count(*)::int FROM metrics.productivity_scores e WHERE e.tenant_id = $1 AND e.user_id = u) AS raw,
             (SELECT sum(scores)::int FROM metrics.score_days d WHERE d.tenant_id = $1 AND d.user_id = u) AS counted
           FROM unnest(ARRAY['alice', 'bob']) u`,
      [tenant],
    );
  await opened.database.asPlatform("rollups", (tx) => rollUp(tx, tenant));
  for (const kind of ["activity", "score"] as const) {
    const [alice, bob] = (await counts(kind)) as { raw: number; counted: number }[];
    expect(alice?.raw).toBeGreaterThan(0);
    expect(alice?.raw).toBeLessThan(bob?.raw ?? 0);
    expect([alice?.counted, bob?.counted]).toEqual([alice?.raw, bob?.raw]);
  }
});
