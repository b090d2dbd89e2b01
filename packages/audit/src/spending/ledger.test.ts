import type { createTestDatabase } from "@sark/testkit";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { newEventId } from "../events/event-id.ts";
import { createAuditLog } from "../store/audit-log.ts";
import type { AuditLog } from "../store/audit-log-types.ts";
import { migrate, rollback } from "../store/migrations/migrate.ts";
import { createAuditDatabase } from "../store/testing/audit-database.ts";
import { createLedger, type Ledger } from "./ledger.ts";
import type { Budget, Reservation, Warning } from "./types.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let one: Ledger;
let two: Ledger;
let log: AuditLog;
let client: pg.Client;
beforeAll(async () => {
  database = await createAuditDatabase();
  one = createLedger({ connectionString: database.url, timeoutMs: 60_000 });
  two = createLedger({ connectionString: database.url, timeoutMs: 60_000 });
  log = createAuditLog({ connectionString: database.url });
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});
afterAll(async () => {
  await Promise.all([one.close(), two.close(), log.close(), client.end()]);
  await database.drop();
});

const budget = (payer: string, limit: bigint, more: Partial<Budget> = {}): Budget => ({
  payer,
  period: "day",
  limit,
  hard: true,
  ...more,
});
const reservation = (
  budgets: readonly Budget[],
  amount: bigint,
  payers?: readonly string[],
): Reservation => ({
  id: newEventId(),
  payers: payers ?? [...new Set(budgets.map(({ payer }) => payer))],
  amount,
  budgets,
});

async function stateOf(one: Budget, ledger = two) {
  const [state] = await ledger.states([one]);
  return state!;
}

/** As a gateway records a call. */
async function record(phase: "intent" | "outcome", spending: object, timestamp = Date.now() / 1_000) {
  await log.record({
    event_type: "tool_invoke",
    decision: "allow",
    reason: "r",
    timestamp,
    gateway_request_id: "r",
    phase,
    ...(phase === "outcome" ? { outcome: "ok" as const } : {}),
    metadata: { spending },
  });
}

describe("the ledger [GTW-4]", () => {
  it("reads the log while calls are settled, and neither waits for the other without end", async () => {
    const own = budget("reading", 100n);
    const other = reservation([own], 1n);
    const calls = [reservation([own], 1n), reservation([own], 1n)];
    const [low, high] = calls.toSorted((a, b) => (a.id < b.id ? -1 : 1)) as [Reservation, Reservation];
    await one.reserve(high);
    await one.reserve(low);
    // What began and what ended are two sets, of which the first one has the later id.
    await record("intent", { id: high.id, reserved: "1" });
    await record("outcome", { id: low.id, amount: "1" });
    const waiting = async (sessions: number) =>
      vi.waitFor(async () => {
        const { rows } = await client.query<{ waiting: string }>(
          "SELECT count(*) AS waiting FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
        );
        expect(Number(rows[0]?.waiting)).toBe(sessions);
      });
    const holder = new pg.Client({ connectionString: database.url });
    await holder.connect();
    try {
      await holder.query("BEGIN");
      await holder.query("SELECT 1 FROM spending_charges WHERE id = $1 FOR UPDATE", [low.id]);
      // What comes while the first is written is one batch.
      const written = [
        one.reserve(other),
        ...[low, high].map(({ id }) => one.settle({ id, amount: 1n, budgets: [] })),
      ];
      await waiting(1);
      const followed = two.follow({ graceSeconds: 3_600 });
      await waiting(2);
      await holder.query("COMMIT");
      await Promise.all([...written, followed]);
    } finally {
      await holder.end();
    }
    expect(await stateOf(own)).toMatchObject({ spent: 2n, reserved: 1n });
  });

  it("lets calls of two replicas at the same time spend a hard budget, and not more", async () => {
    const daily = budget("race", 100n);
    const monthly = budget("race", 1_000n, { period: "month" });
    const reservations = Array.from({ length: 80 }, () => reservation([daily, monthly], 7n));
    const all = await Promise.all(reservations.map((one_, at) => (at % 2 ? one : two).reserve(one_)));
    const allowed = reservations.filter((_, at) => all[at]?.allowed);
    expect(allowed).toHaveLength(14);
    expect(await stateOf(daily)).toMatchObject({ spent: 0n, reserved: 98n });
    const refused = all.find((result) => !result.allowed);
    expect(refused).toMatchObject({ budget: { budget: daily, reserved: 98n } });
    // What cost less than it was reserved for leaves room for others.
    await Promise.all(
      allowed.map(({ id }, at) => (at % 2 ? two : one).settle({ id, amount: 3n, budgets: [] })),
    );
    expect(await stateOf(daily)).toMatchObject({ spent: 42n, reserved: 0n });
    expect(await stateOf(monthly)).toMatchObject({ spent: 42n, reserved: 0n });
    expect((await one.reserve(reservation([daily], 58n))).allowed).toBe(true);
    expect((await one.reserve(reservation([daily], 1n))).allowed).toBe(false);
    // What costs nothing that is known before does not fit into a budget that is used up, either.
    expect((await one.reserve(reservation([daily], 0n))).allowed).toBe(false);
  });

  it("counts a call once, however often it is settled, and takes the newest amount", async () => {
    const own = budget("again", 100n);
    const call = reservation([own], 10n);
    await one.reserve(call);
    await one.settle({ id: call.id, amount: 4n, budgets: [] });
    await two.settle({ id: call.id, amount: 4n, budgets: [] });
    await Promise.all([1, 2, 3].map(() => one.settle({ id: call.id, amount: 6n, budgets: [] })));
    expect(await stateOf(own)).toMatchObject({ spent: 6n, reserved: 0n });
    expect(await one.settle({ id: newEventId(), amount: 1n, budgets: [] })).toEqual({
      states: [],
      warnings: [],
    });
  });

  it("warns at 50, 80 and 100 percent, once each, and lets calls beyond a soft budget go on", async () => {
    const soft = budget("soft", 100n, { hard: false });
    const spend = async (amount: bigint) => {
      const call = reservation([soft], 0n);
      const reserved = await one.reserve(call);
      const { warnings } = await two.settle({ id: call.id, amount, budgets: [soft] });
      return {
        exceeded: reserved.allowed && reserved.exceeded.length,
        levels: [...reserved.warnings, ...warnings].map(({ level }) => level),
      };
    };
    expect(await spend(49n)).toEqual({ exceeded: 0, levels: [] });
    expect(await spend(1n)).toEqual({ exceeded: 0, levels: [50] });
    expect(await spend(29n)).toEqual({ exceeded: 0, levels: [] });
    expect(await spend(15n)).toEqual({ exceeded: 0, levels: [80] });
    expect(await spend(200n)).toEqual({ exceeded: 0, levels: [100] });
    expect(await spend(1n)).toEqual({ exceeded: 1, levels: [] });
    expect(await stateOf(soft)).toMatchObject({ spent: 295n });
    // From nothing to all of it: the highest alone.
    const jump = budget("jump", 10n);
    const call = reservation([jump], 5n);
    await one.reserve(call);
    expect(
      (await one.settle({ id: call.id, amount: 10n, budgets: [jump] })).warnings.map(({ level }) => level),
    ).toEqual([100]);
    // A hard budget says so when the first call does not fit.
    const tight = budget("tight", 10n);
    expect((await one.reserve(reservation([tight], 11n))).warnings.map(({ level }) => level)).toEqual([100]);
    expect((await one.reserve(reservation([tight], 11n))).warnings).toEqual([]);
  });

  it("writes what comes in whichever moment after another batch", async () => {
    const own = budget("moments", 100n);
    for (let turns = 0; turns < 12; turns += 1) {
      const call = reservation([own], 1n);
      await one.reserve(call);
      for (let turn = 0; turn < turns; turn += 1) {
        await Promise.resolve();
      }
      await one.settle({ id: call.id, amount: 1n, budgets: [] });
    }
    expect(await stateOf(own)).toMatchObject({ spent: 12n, reserved: 0n });
  });

  it("is adjusted and reset beside what was spent", async () => {
    const own = budget("adjusted", 100n);
    const call = reservation([own], 90n);
    await one.reserve(call);
    await one.settle({ id: call.id, amount: 90n, budgets: [own] });
    expect(await two.adjust(own, -20n)).toMatchObject({ spent: 90n, adjusted: -20n });
    expect((await one.reserve(reservation([own], 30n))).allowed).toBe(true);
    expect(await two.adjust(own, "reset")).toMatchObject({ spent: 90n, adjusted: -90n, reserved: 30n });
    expect(await two.adjust(own, 75n)).toMatchObject({ adjusted: -15n });
    expect((await one.reserve(reservation([own], 1n))).allowed).toBe(false);
  });

  it("follows the log for calls whose process was killed: before they began, in the middle, and before they were settled", async () => {
    const own = budget("killed", 1_000n);
    const [never, middle, ended] = [1n, 20n, 300n].map((amount) => reservation([own], amount));
    for (const call of [never!, middle!, ended!]) {
      await one.reserve(call);
    }
    await record("intent", { id: middle!.id, reserved: "20" });
    await record("intent", { id: ended!.id, reserved: "300" });
    await record("outcome", { id: ended!.id, amount: "290" });
    // Not a mark of this gateway.
    await record("outcome", { id: "x'; DROP TABLE spending_totals", amount: "5" });
    await record("outcome", { id: newEventId(), amount: "-5" });
    await Promise.all([one.follow({ graceSeconds: 900 }), two.follow({ graceSeconds: 900 })]);
    expect(await stateOf(own)).toMatchObject({ spent: 290n, reserved: 21n });
    await client.query("UPDATE spending_charges SET at = at - interval '1 second' WHERE state = 'open'");
    await two.follow({ graceSeconds: 0 });
    expect(await stateOf(own)).toMatchObject({ spent: 310n, reserved: 0n });
    // The records come late, from the disk of a gateway that was down.
    await record("intent", { id: never!.id, reserved: "1" });
    await record("outcome", { id: middle!.id, amount: "15" });
    await one.follow({ graceSeconds: 0 });
    expect(await stateOf(own)).toMatchObject({ spent: 306n, reserved: 0n });
    await record("outcome", { id: never!.id, amount: "2" });
    await one.follow({ graceSeconds: 0 });
    await one.follow({ graceSeconds: 0 });
    expect(await stateOf(own)).toMatchObject({ spent: 307n, reserved: 0n });
  });

  it("charges what could not be reserved by the record of its end, to the day that it ended, once", async () => {
    const own = budget("late", 1_000n);
    const mark = { id: newEventId(), amount: "77", payers: ["late"] };
    await record("outcome", mark);
    await one.follow({ graceSeconds: 900 });
    await one.settle({
      id: mark.id,
      amount: 77n,
      unreserved: { payers: ["late"], at: Date.now() },
      budgets: [own],
    });
    expect(await stateOf(own)).toMatchObject({ spent: 77n, reserved: 0n });
    const yesterday = Date.now() - 40 * 86_400_000;
    await record("outcome", { ...mark, id: newEventId() }, yesterday / 1_000);
    await two.follow({ graceSeconds: 900 });
    expect(await stateOf(own)).toMatchObject({ spent: 77n });
    const { rows } = await client.query(
      "SELECT spent FROM spending_totals WHERE payer = 'late' ORDER BY starts, period",
    );
    expect(rows.map(({ spent }) => String(spent))).toEqual(expect.arrayContaining(["77", "77", "77", "77"]));
    expect(rows).toHaveLength(4);
  });

  it("charges it once, too, where two find at the same time that it is not there", async () => {
    const own = budget("raced", 1_000n);
    const before = reservation([own], 1n);
    await one.reserve(before);
    const holder = new pg.Client({ connectionString: database.url });
    await holder.connect();
    try {
      await holder.query("BEGIN");
      await holder.query("SELECT FROM spending_totals WHERE payer = 'raced' FOR UPDATE");
      const late = { id: newEventId(), amount: 77n, unreserved: { payers: ["raced"], at: Date.now() } };
      const both = [one, two].map((ledger) => ledger.settle({ ...late, budgets: [own] }));
      await vi.waitFor(async () => {
        const { rows } = await client.query(
          "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
        );
        expect(rows).toHaveLength(2);
      });
      await holder.query("COMMIT");
      // The one that comes later is done again, and finds what it would have done.
      await Promise.all(both);
    } finally {
      await holder.end();
    }
    expect(await stateOf(own)).toMatchObject({ spent: 77n, reserved: 1n });
    await one.settle({ id: before.id, amount: 0n, budgets: [own] });
  });

  it("leaves rows alone that are settled as their records say", async () => {
    const own = budget("left-alone", 1_000n);
    const call = reservation([own], 5n);
    await one.reserve(call);
    await one.settle({ id: call.id, amount: 5n, budgets: [own] });
    await record("intent", { id: call.id, reserved: "5" });
    await record("outcome", { id: call.id, amount: "5" });
    const version = () => client.query("SELECT xmin, xmax FROM spending_charges WHERE id = $1", [call.id]);
    const { rows } = await version();
    await two.follow({ graceSeconds: 900 });
    expect((await version()).rows).toEqual(rows);
    expect(await stateOf(own)).toMatchObject({ spent: 5n, reserved: 0n });
  });

  it("keeps a warning with what was spent until its event is committed, for one of the replicas", async () => {
    await one.recordWarnings(async () => undefined);
    const own = budget("warned", 100n, { label: "Wanda", hard: false });
    const call = reservation([own], 0n);
    await one.reserve(call);
    const { warnings } = await one.settle({ id: call.id, amount: 60n, budgets: [own] });
    expect(warnings).toMatchObject([{ level: 50, state: { budget: own, spent: 60n } }]);
    const commit = ({ id }: Warning) =>
      log
        .record({
          event_type: "budget_warning",
          decision: "allow",
          reason: "r",
          timestamp: Date.now() / 1_000,
          gateway_request_id: id,
        })
        .then(() => undefined);
    // The database does not take the event, or the process ends before.
    const early = new Error("it is not committed");
    await expect(one.recordWarnings(() => Promise.reject(early))).rejects.toThrow();
    // Both at the same time, while one has it under way.
    const recorded: Warning[] = [];
    const record = async (warning: Warning) => {
      await two.recordWarnings(async () => void recorded.push(warning));
      await commit(warning);
      recorded.push(warning);
    };
    await one.recordWarnings(record);
    expect(recorded).toEqual(warnings);
    await Promise.all([one, two].map((ledger) => ledger.recordWarnings(record)));
    expect(recorded).toHaveLength(1);
  });

  it("gives up no warning for a process that ended between the event and its note of it, and says it once", async () => {
    const own = budget("ended", 100n);
    const call = reservation([own], 0n);
    await one.reserve(call);
    await one.settle({ id: call.id, amount: 80n, budgets: [own] });
    await expect(
      one.recordWarnings(async ({ id }) => {
        await log.record({
          event_type: "budget_warning",
          decision: "allow",
          reason: "r",
          timestamp: Date.now() / 1_000,
          gateway_request_id: id,
        });
        throw new Error("killed");
      }),
    ).rejects.toThrow();
    await two.recordWarnings(() => Promise.reject(new Error("there is an event of it")));
    expect((await client.query("SELECT FROM spending_warnings")).rowCount).toBe(0);
  });

  it("adjusts a total once for each of the operators who do so at the same time", async () => {
    const own = budget("adjusted by many", 1_000n);
    const many = Array.from({ length: 20 }, (_, at) => (at % 2 ? one : two));
    await Promise.all(many.flatMap((ledger) => [ledger.adjust(own, 1n), ledger.states([own])]));
    expect(await stateOf(own)).toMatchObject({ adjusted: 20n });
  });

  it("adds up to the charges, whatever came in which order", async () => {
    const { rows } = await client.query(
      `SELECT t.payer, t.period, t.starts, t.spent, t.reserved,
              coalesce(sum(c.amount) FILTER (WHERE c.state IN ('settled', 'presumed')), 0) AS charged,
              coalesce(sum(c.reserved) FILTER (WHERE c.state = 'open'), 0) AS open
       FROM spending_totals AS t LEFT JOIN spending_charges AS c
         ON c.payers ? t.payer AND date_trunc(t.period, c.at AT TIME ZONE 'UTC')::date = t.starts
       GROUP BY 1, 2, 3, 4, 5`,
    );
    expect(rows.length).toBeGreaterThan(10);
    for (const { payer, spent, reserved, charged, open } of rows) {
      expect([payer, String(spent), String(reserved)]).toEqual([payer, String(charged), String(open)]);
    }
  });

  it("is made and taken back by its migration [AUD-3]", async () => {
    const own = await createAuditDatabase("schema");
    try {
      expect(await rollback(own.url, "0202_quarantine_tenant")).toEqual([
        "0301_spending_warnings",
        "0300_spending",
      ]);
      expect(await migrate(own.url)).toEqual(["0300_spending", "0301_spending_warnings"]);
    } finally {
      await own.drop();
    }
  });

  it("goes on charging where a total has no room in its column any more", async () => {
    const own: Budget = { ...budget("overflowing", 10n), hard: false };
    const most = 8_000_000_000_000_000_000n;
    for (let at = 0; at < 2; at += 1) {
      const call = reservation([own], 1n);
      expect((await one.reserve(call)).allowed).toBe(true);
      await one.settle({ id: call.id, amount: most, budgets: [own] });
    }
    expect(await stateOf(own)).toMatchObject({ spent: 9_000_000_000_000_000_000n, reserved: 0n });
  });
});
