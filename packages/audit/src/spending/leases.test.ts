import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { begin, budgetsOf, call, untilDrawn, type Allowed } from "./testing/ledger-calls.ts";
import { createLedgerWorld, type KillableLedger, type LedgerWorld } from "./testing/ledger-world.ts";
import type { Reservation } from "./types.ts";

let world: LedgerWorld;
beforeAll(async () => {
  world = await createLedgerWorld();
});
afterAll(() => world.close());

const NO_PAUSE = { interval: 5, timeout: 60_000 };

const rowsOf = async (payer: string) =>
  (
    await world.client.query<{ id: string; state: string; reserved: string; begun: boolean; day: string }>(
      "SELECT id, state, reserved, begun, (at AT TIME ZONE 'UTC')::date::text AS day FROM spending_charges WHERE payers ? $1",
      [payer],
    )
  ).rows;
const rowOf = async (payer: string, { reservation }: Allowed) =>
  (await rowsOf(payer)).find(({ id }) => id === reservation.id);

async function using<T>(work: (ledger: KillableLedger) => Promise<T>, leaseMs?: number): Promise<T> {
  const ledger = await world.open(leaseMs);
  try {
    return await work(ledger);
  } finally {
    await ledger.close();
  }
}

describe("a payer that is far from its limits [GTW-4]", () => {
  it("draws calls in memory, whose rows are written once they have ended, many in one transaction", async () => {
    const budgets = budgetsOf("drawn");
    await using(async (ledger) => {
      const first = await untilDrawn(ledger, () => call(budgets));
      expect(await rowOf("drawn", first)).toBeUndefined();
      const calls = [first];
      for (let at = 0; at < 40; at += 1) {
        calls.push((await begin(ledger, call(budgets)))!);
      }
      expect(calls.every(({ isDrawn }) => isDrawn)).toBe(true);
      await Promise.all(calls.map(({ reservation: { id } }) => ledger.settle({ id, amount: 7n, budgets })));
      const { rows } = await world.client.query(
        "SELECT DISTINCT xmin::text FROM spending_charges WHERE id = ANY ($1)",
        [calls.map(({ reservation: { id } }) => id)],
      );
      expect(rows.length).toBeLessThan(10);
      expect(await world.stateOf(budgets[0])).toMatchObject({ spent: 41n * 7n });
      expect((await rowOf("drawn", first))?.state).toBe("settled");
    });
    // What was held ahead is given back, without a trace.
    expect(await world.stateOf(budgets[1])).toMatchObject({ spent: 41n * 7n, reserved: 0n });
    expect((await rowsOf("drawn")).filter(({ state }) => state !== "settled")).toEqual([]);
  });

  it("has reserved at most a thousandth of its smallest budget ahead, and gives it back when it calls no more", async () => {
    const budgets = budgetsOf("idle");
    await using(async (ledger) => {
      const first = await untilDrawn(ledger, () => call(budgets));
      await ledger.settle({ id: first.reservation.id, amount: 10n, budgets });
      const { reserved } = await world.stateOf(budgets[0]);
      expect(reserved).toBeGreaterThan(0n);
      expect(reserved).toBeLessThanOrEqual(1_000n);
      await vi.waitFor(
        async () => expect(await world.stateOf(budgets[0])).toMatchObject({ spent: 10n, reserved: 0n }),
        NO_PAUSE,
      );
      expect((await rowsOf("idle")).filter(({ state }) => state === "open")).toEqual([]);
    }, 200);
  });

  it("keeps its lease, and more comes in time, while it calls", async () => {
    const budgets = budgetsOf("busy");
    await using(async (ledger) => {
      const ends: Promise<unknown>[] = [];
      let drawn = 0;
      const since = performance.now();
      // For several lives of a lease, and many times what one holds.
      while (performance.now() - since < 1_000 || drawn < 500) {
        const begun = (await begin(ledger, call(budgets)))!;
        drawn += begun.isDrawn ? 1 : 0;
        ends.push(ledger.settle({ id: begun.reservation.id, amount: 10n, budgets }));
        await new Promise(setImmediate);
        if (ends.length % 20 === 0) {
          await Promise.all(ends);
        }
      }
      await Promise.all(ends);
      expect(drawn / ends.length).toBeGreaterThan(0.5);
      expect(await world.stateOf(budgets[0])).toMatchObject({ spent: BigInt(ends.length) * 10n });
    }, 400);
  });

  it("shares a lease of its tenant with others, and a call draws from all of its payers or from none", async () => {
    const tenant = budgetsOf("the tenant");
    const own = (name: string, limit?: bigint) => [...budgetsOf(name, limit), ...tenant];
    await using(async (ledger) => {
      await untilDrawn(ledger, () => call(own("of tenant")));
      // The budget of this one is too small for a lease.
      for (let at = 0; at < 10; at += 1) {
        const begun = await begin(ledger, call(own("small of tenant", 1_000n)));
        expect(begun?.isDrawn).toBe(false);
      }
      expect(await world.stateOf(tenant[0])).toMatchObject({ spent: 0n });
    });
  });

  it("is told in the intent of what was drawn, so that without a budget it needs no lease", async () => {
    await using(async (ledger) => {
      const make = () => call([], 10n, { payers: ["without budget"] });
      const drawn = await untilDrawn(ledger, make);
      expect(drawn.mark).toMatchObject({ payers: ["without budget"], at: expect.any(Number) as number });
      await ledger.settle({ id: drawn.reservation.id, amount: 5n, budgets: [] });
      const [day] = budgetsOf("without budget");
      expect(await world.stateOf(day)).toMatchObject({ spent: 5n, reserved: 0n });
    });
  });

  it("has a row for a call that runs for long, as if it had been reserved, and the lease holds it no more", async () => {
    const budgets = budgetsOf("long");
    await using(async (ledger) => {
      const long = await untilDrawn(ledger, () => call(budgets, 30n));
      await vi.waitFor(async () => {
        expect(await rowOf("long", long)).toMatchObject({ state: "open", reserved: "30", begun: false });
        expect(await world.stateOf(budgets[0])).toMatchObject({ reserved: 30n });
      }, NO_PAUSE);
      await ledger.settle({ id: long.reservation.id, amount: 20n, budgets });
      expect(await world.stateOf(budgets[0])).toMatchObject({ spent: 20n, reserved: 0n });
    }, 100);
  });
});

describe("calls are reserved one by one [GTW-4]", () => {
  it.each<[string, (payer: string) => Reservation]>([
    ["for a small budget", (payer) => call(budgetsOf(payer, 1_000n))],
    ["where fewer than eight calls fit a lease", (payer) => call(budgetsOf(payer), 126n)],
    ["where it is not known what they can cost", (payer) => call(budgetsOf(payer), 10n, { most: 1_000n })],
    [
      "where one of two budgets is small",
      (payer) => {
        const [day, month] = budgetsOf(payer);
        return call([day, { ...month, limit: 1_000n }]);
      },
    ],
  ])("%s", async (title, make) => {
    await using(async (ledger) => {
      for (let at = 0; at < 12; at += 1) {
        const begun = await begin(ledger, make(title));
        expect(begun?.isDrawn).toBe(false);
        await ledger.settle({ id: begun!.reservation.id, amount: 0n, budgets: [] });
      }
    });
  });

  it.each([true, false])("where less than a twentieth of a budget is left; hard: %s", async (hard) => {
    const payer = `near ${hard}`;
    const budgets = budgetsOf(payer, 1_000_000n, hard);
    await using(async (ledger) => {
      const first = await untilDrawn(ledger, () => call(budgets));
      await ledger.settle({ id: first.reservation.id, amount: 0n, budgets: [] });
      const most = call(budgets, 949_000n, { most: 949_000n });
      await ledger.reserve(most);
      await ledger.settle({ id: most.id, amount: 949_000n, budgets });
      // The lease that there is comes to its end, and there is no other one.
      await vi.waitFor(async () => {
        const begun = (await begin(ledger, call(budgets, 0n, { most: 0n })))!;
        await ledger.settle({ id: begun.reservation.id, amount: 0n, budgets: [] });
        expect(begun.isDrawn).toBe(false);
      }, NO_PAUSE);
      const left = call(budgets, 51_000n, { most: 51_000n });
      await vi.waitFor(async () => expect((await ledger.reserve(left)).allowed).toBe(true), NO_PAUSE);
      const beyond = await ledger.reserve(call(budgets, 1n));
      expect(beyond).toMatchObject(
        hard ? { allowed: false } : { allowed: true, exceeded: [{ budget: budgets[0] }] },
      );
    }, 100);
  });
});

describe("what an operator changes while leases are out [GTW-4]", () => {
  it("stands beside what is drawn, and leases end in time", async () => {
    const budgets = budgetsOf("operated");
    await using(async (ledger) => {
      const running = await untilDrawn(ledger, () => call(budgets));
      expect(await ledger.adjust(budgets[0], 999_000n)).toMatchObject({ adjusted: 999_000n });
      await vi.waitFor(async () => {
        const begun = (await begin(ledger, call(budgets, 0n, { most: 0n })))!;
        await ledger.settle({ id: begun.reservation.id, amount: 0n, budgets: [] });
        expect(begun.isDrawn).toBe(false);
      }, NO_PAUSE);
      await ledger.settle({ id: running.reservation.id, amount: 10n, budgets });
      expect(await ledger.adjust(budgets[0], "reset")).toMatchObject({ spent: 10n, adjusted: -10n });
      const again = await untilDrawn(ledger, () => call(budgets));
      await ledger.settle({ id: again.reservation.id, amount: 10n, budgets });
    }, 100);
    expect(await world.stateOf(budgets[0])).toMatchObject({ spent: 20n, reserved: 0n, adjusted: -10n });
  });

  it("warns when what was drawn is settled, once each", async () => {
    const budgets = [{ ...budgetsOf("warned")[0], limit: 100_000n }];
    await using(async (ledger) => {
      const first = call(budgets, 49_990n, { most: 49_990n });
      await ledger.reserve(first);
      await ledger.settle({ id: first.id, amount: 49_990n, budgets });
      const calls = [await untilDrawn(ledger, () => call(budgets)), (await begin(ledger, call(budgets)))!];
      const settled = await Promise.all(
        calls.map(({ reservation: { id } }) => ledger.settle({ id, amount: 10n, budgets })),
      );
      expect(settled.flatMap(({ warnings }) => warnings.map(({ level }) => level))).toEqual([50]);
      // One of them says how the budget stands.
      expect(settled.flatMap(({ states }) => states)).toMatchObject([{ spent: 50_010n }]);
    });
  });
});
