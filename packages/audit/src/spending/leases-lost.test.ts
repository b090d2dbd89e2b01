import pg from "pg";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createLedgerWorld, type LedgerWorld } from "./testing/ledger-world.ts";
import { begin, budgetsOf, call, untilDrawn } from "./testing/ledger-calls.ts";

let world: LedgerWorld;
beforeAll(async () => {
  world = await createLedgerWorld();
});
afterAll(() => world.close());

const NO_PAUSE = { interval: 5, timeout: 60_000 };

/** Rows that are open, as if they were so for longer than any grace. */
async function followLater(): Promise<void> {
  await world.client.query("UPDATE fake.clock SET ahead = ahead + interval '1 second'");
  const reader = await world.open();
  await reader.follow({ graceSeconds: 0 });
  await reader.close();
}

const openRows = async (payer: string) =>
  (
    await world.client.query<{ id: string; reserved: string; begun: boolean }>(
      "SELECT id, reserved, begun FROM spending_charges WHERE payers ? $1 AND state = 'open'",
      [payer],
    )
  ).rows;

describe("a process that is killed with leases [GTW-4]", () => {
  it("leaves totals that follow from the log, wherever its calls were, and what it held is released", async () => {
    const budgets = budgetsOf("killed");
    const killed = await world.open();
    const never = await untilDrawn(killed, () => call(budgets, 3n));
    const running = (await begin(killed, call(budgets, 20n)))!;
    const ended = (await begin(killed, call(budgets, 100n)))!;
    const settled = (await begin(killed, call(budgets, 100n)))!;
    expect([never, running, ended, settled].every(({ isDrawn }) => isDrawn)).toBe(true);
    for (const { mark } of [running, ended, settled]) {
      await world.record("intent", mark);
    }
    await killed.settle({ id: settled.reservation.id, amount: 90n, budgets });
    await world.record("outcome", { id: settled.reservation.id, amount: "90" });
    await world.record("outcome", { id: ended.reservation.id, amount: "80" });
    await killed.kill();
    const [lease] = await openRows("killed");
    expect(lease).toMatchObject({ begun: false });
    const other = await world.open();
    await other.follow({ graceSeconds: 900 });
    // The call that runs has a row now; what the process held ahead is out of reach until the grace is over.
    expect(await openRows("killed")).toHaveLength(2);
    expect(await world.stateOf(budgets[0])).toMatchObject({
      spent: 170n,
      reserved: BigInt(lease!.reserved) + 20n,
    });
    await other.close();
    await followLater();
    expect(await world.stateOf(budgets[0])).toMatchObject({ spent: 190n, reserved: 0n });
    await world.record("outcome", { id: running.reservation.id, amount: "5" });
    await followLater();
    expect(await world.stateOf(budgets[1])).toMatchObject({ spent: 175n, reserved: 0n });
  });

  it("is charged for what its disk had: the intent names payers and time, and may come last", async () => {
    const [day] = budgetsOf("spooled");
    const ledger = await world.open();
    const first = await untilDrawn(ledger, () => call([day], 10n));
    const second = (await begin(ledger, call([day], 10n)))!;
    await ledger.kill();
    await followLater();
    const { id } = first.reservation;
    await world.record("outcome", { id, amount: "8", ...payersOf(first.mark) });
    await world.record("intent", first.mark);
    await world.record("intent", second.mark);
    await followLater();
    expect(await world.stateOf(day)).toMatchObject({ spent: 18n, reserved: 0n });
  });
});

describe("the database is away while leases are held [GTW-4]", () => {
  it("draws until they end; what ended meanwhile is charged once when it is back", async () => {
    const [day] = budgetsOf("away");
    const ledger = await world.open(400);
    const running = await untilDrawn(ledger, () => call([day], 10n));
    const comeBack = await world.goAway();
    const during = (await begin(ledger, call([day], 10n)))!;
    expect(during.isDrawn).toBe(true);
    const settled = [running, during].map(({ reservation: { id } }) =>
      ledger.settle({ id, amount: 6n, budgets: [day] }),
    );
    // The term is over: a call has to be reserved, which cannot be done.
    await vi.waitFor(async () => {
      const next = call([day], 10n);
      const one = await begin(ledger, next).catch((error: unknown) => error);
      if (!(one instanceof Error)) {
        settled.push(ledger.settle({ id: next.id, amount: 0n, budgets: [] }));
      }
      expect(one).toMatchObject({ code: "store_unavailable" });
    }, NO_PAUSE);
    await comeBack();
    await Promise.all(settled);
    await vi.waitFor(
      async () => expect(await world.stateOf(day)).toMatchObject({ spent: 12n, reserved: 0n }),
      NO_PAUSE,
    );
    await ledger.close();
    expect(await openRows("away")).toEqual([]);
  });

  it("leaves to the log what cannot be written when it closes", async () => {
    const [day] = budgetsOf("closed");
    const ledger = await world.open();
    const ended = await untilDrawn(ledger, () => call([day], 10n));
    await world.record("intent", ended.mark);
    await ledger.kill();
    const settled = ledger.settle({ id: ended.reservation.id, amount: 4n, budgets: [day] });
    await Promise.all([expect(settled).rejects.toMatchObject({ code: "closed" }), ledger.close()]);
    await world.record("outcome", { id: ended.reservation.id, amount: "4" });
    await followLater();
    expect(await world.stateOf(day)).toMatchObject({ spent: 4n, reserved: 0n });
  });
});

describe("a reader of the log and a gateway write the row of a call at the same time [GTW-4]", () => {
  it("and the later one is done again, with all that was in its batch", async () => {
    const [day] = budgetsOf("raced");
    const ledger = await world.open();
    const other = await world.open();
    const drawn = await untilDrawn(ledger, () => call([day], 10n));
    await world.record("intent", drawn.mark);
    const holder = new pg.Client({ connectionString: world.url });
    await holder.connect();
    const waiting = (sessions: number) =>
      vi.waitFor(async () => {
        const { rows } = await world.client.query(
          "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
        );
        expect(rows).toHaveLength(sessions);
      }, NO_PAUSE);
    try {
      await holder.query("BEGIN; SELECT FROM spending_totals WHERE payer = 'raced' FOR UPDATE");
      const settled = ledger.settle({ id: drawn.reservation.id, amount: 7n, budgets: [day] });
      await waiting(1);
      const followed = other.follow({ graceSeconds: 900 });
      await waiting(2);
      await holder.query("COMMIT");
      await Promise.all([settled, followed]);
    } finally {
      await holder.end();
    }
    await ledger.close();
    await other.close();
    expect(await world.stateOf(day)).toMatchObject({ spent: 7n, reserved: 0n });
  });

  it("in the other order, too: the row that the reader made is settled", async () => {
    const [day] = budgetsOf("read first");
    const ledger = await world.open();
    const drawn = await untilDrawn(ledger, () => call([day], 10n));
    await world.record("intent", drawn.mark);
    const other = await world.open();
    await other.follow({ graceSeconds: 900 });
    // Held twice for as long as it is drawn: that is on the safe side.
    expect((await openRows("read first")).filter(({ begun }) => begun)).toHaveLength(1);
    expect(await openRows("read first")).toHaveLength(2);
    await ledger.settle({ id: drawn.reservation.id, amount: 7n, budgets: [day] });
    await ledger.close();
    await other.close();
    expect(await world.stateOf(day)).toMatchObject({ spent: 7n, reserved: 0n });
  });
});

describe("midnight [GTW-4]", () => {
  it("ends leases; a call that was drawn before counts for that day, whenever it ends", async () => {
    const budgets = budgetsOf("late");
    await world.setClock(new Date("2040-02-29T23:59:57.500Z"));
    const ledger = await world.open();
    const before = await untilDrawn(ledger, () => call(budgets, 10n));
    // The last that the old day's lease gives, as close to its end as can be.
    let last = before;
    const first = await vi.waitFor(async () => {
      const next = (await begin(ledger, call(budgets, 10n)))!;
      if (next.isDrawn) {
        last = next;
      }
      const { id } = next.reservation;
      await ledger.settle({ id, amount: 0n, budgets });
      const { rows } = await world.client.query<{ day: string }>(
        "SELECT (at AT TIME ZONE 'UTC')::date::text AS day FROM spending_charges WHERE id = $1",
        [id],
      );
      expect(rows).toEqual([{ day: "2040-03-01" }]);
      return next;
    }, NO_PAUSE);
    expect(new Date(last.mark.at!).toISOString()).toMatch(/^2040-0(?:2-29|3-01)T/);
    await ledger.settle({ id: before.reservation.id, amount: 4n, budgets });
    await ledger.settle({ id: first.reservation.id, amount: 5n, budgets });
    await ledger.close();
    const { rows } = await world.client.query(
      "SELECT period, starts::text, spent, reserved FROM spending_totals WHERE payer = 'late' ORDER BY period, starts",
    );
    expect(rows).toEqual([
      { period: "day", starts: "2040-02-29", spent: "4", reserved: "0" },
      { period: "day", starts: "2040-03-01", spent: "5", reserved: "0" },
      { period: "month", starts: "2040-02-01", spent: "4", reserved: "0" },
      { period: "month", starts: "2040-03-01", spent: "5", reserved: "0" },
    ]);
  });
});

it("adds up to the charges, whatever was lost [GTW-4]", async () => {
  expect(await world.differences()).toEqual([]);
});

function payersOf({ payers = [], at = 0 }: { payers?: readonly string[]; at?: number }) {
  return { payers, at };
}
