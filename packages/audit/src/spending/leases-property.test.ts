import { afterAll, beforeAll, expect, it } from "vitest";
import { createRandom } from "../delivery/testing/hostile-events.ts";
import { begin, call, type Allowed } from "./testing/ledger-calls.ts";
import { createLedgerWorld, type KillableLedger, type LedgerWorld } from "./testing/ledger-world.ts";
import type { Budget } from "./types.ts";

let world: LedgerWorld;
beforeAll(async () => {
  world = await createLedgerWorld();
});
afterAll(() => world.close());

const CALLS = 400;
const AT_ONCE = 12;
const REPLICAS = 3;
const DAY_MS = 86_400_000;
const BEFORE_MIDNIGHT_MS = 700;

/** What the log says of a call: what its end cost, or else what was reserved for it. */
interface Logged {
  readonly payers: readonly string[];
  readonly amount: bigint;
}

it.each([1, 2, 3])(
  "no hard budget is exceeded, and totals follow from the log to the unit: three ledgers, random prices, limits, kills, and a midnight, seed %s [GTW-4]",
  async (seed) => {
    const random = createRandom(seed);
    const between = (from: number, to: number): number => from + Math.floor(random() * (to - from + 1));
    // Leases hold 40 or more: calls of up to 5 draw from them, others do not.
    const limits = [1, 2].map(() => between(40_000, 60_000));
    const tenant = budgets(`tenant of ${seed}`, Math.floor((limits[0]! + limits[1]!) * 0.97), random() < 0.7);
    const users = limits.map((limit, at) => [
      ...budgets(`user ${at} of ${seed}`, limit, at > 0 || random() < 0.7),
      ...tenant,
    ]);
    const midnight = Math.ceil(Date.now() / DAY_MS) * DAY_MS;
    await world.setClock(new Date(midnight - BEFORE_MIDNIGHT_MS));
    // However fast the machine is: until calls have begun on both days, and one was refused.
    const nextDay = performance.now() + 1.5 * BEFORE_MIDNIGHT_MS;
    const replicas: KillableLedger[] = [];
    for (let at = 0; at < REPLICAS; at += 1) {
      replicas.push(await world.open(1_000));
    }
    const logged = new Map<string, Logged>();
    let drawn = 0;
    let refused = 0;

    /** A killed one says nothing of it. */
    const settle = (ledger: KillableLedger, id: string, amount: bigint) =>
      void ledger.settle({ id, amount, budgets: [] }).catch(() => undefined);

    async function run(one: Allowed, ledger: KillableLedger): Promise<void> {
      const { id, payers, amount } = one.reservation;
      if (random() < 0.05) {
        // It is not made after all.
        settle(ledger, id, 0n);
        return;
      }
      if (random() < 0.05) {
        return;
      }
      await world.record("intent", one.mark);
      logged.set(id, { payers, amount });
      if (random() < 0.1) {
        return;
      }
      const cost = random() < 0.8 ? amount : BigInt(between(0, Number(amount)));
      await world.record("outcome", { id, amount: String(cost) });
      logged.set(id, { payers, amount: cost });
      if (random() < 0.9) {
        settle(ledger, id, cost);
      }
    }

    const begunBefore = new Set<number>();
    let left = CALLS;
    async function caller(): Promise<void> {
      while (left > 0 || refused === 0 || performance.now() < nextDay) {
        left -= 1;
        const at = between(0, REPLICAS - 1);
        if (left % 130 === 100) {
          await replicas[at]!.kill();
          replicas[at] = await world.open(1_000);
        }
        const ledger = replicas[at]!;
        const one = between(0, users.length - 1);
        // The first of each user uses up most of its budget.
        const isFirst = !begunBefore.has(one);
        begunBefore.add(one);
        const price = random() < 0.9 ? between(0, 5) : between(50, 900);
        const amount = BigInt(isFirst ? Math.floor(limits[one]! * 0.85) : price);
        const begun = await begin(ledger, call(users[one]!, amount)).catch(() => "lost" as const);
        if (begun === null) {
          refused += 1;
        } else if (begun !== "lost") {
          drawn += begun.isDrawn ? 1 : 0;
          await run(begun, ledger);
        }
        if (left % 60 === 0) {
          await ledger.follow({ graceSeconds: 900 }).catch(() => undefined);
        }
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, caller));
    await Promise.all(replicas.map((one) => one.close()));
    const reader = await world.open();
    // Whatever of a hard budget is left: this is more.
    const beyond = await begin(reader, call(users[1]!, BigInt(limits[1]!) + 1n));
    await reader.follow({ graceSeconds: 900 });
    // All of them are over now. The rows stay as they are: one that began with the day would be moved to the day before. What was
    // drawn is dated by a clock that is ahead by as long as a transaction took to begin: seconds, on a busy machine.
    await world.client.query("UPDATE fake.clock SET ahead = ahead + interval '1 hour'");
    await reader.follow({ graceSeconds: 0 });
    await reader.close();

    expect(drawn).toBeGreaterThan(0);
    expect(beyond).toBeNull();
    const totals = await totalsOf(seed);
    expect(new Set(totals.filter(({ period }) => period === "day").map(({ starts }) => starts)).size).toBe(2);
    for (const budget of users.flat()) {
      for (const { spent } of totals.filter(isOf(budget))) {
        expect(BigInt(spent)).toBeLessThanOrEqual(budget.hard ? budget.limit : 10n ** 12n);
      }
    }
    for (const payer of new Set(users.flat().map((budget) => budget.payer))) {
      const costs = [...logged.values()].filter(({ payers }) => payers.includes(payer));
      const months = totals.filter((total) => total.payer === payer && total.period === "month");
      expect([payer, months.reduce((sum, { spent }) => sum + BigInt(spent), 0n)]).toEqual([
        payer,
        costs.reduce((sum, { amount }) => sum + amount, 0n),
      ]);
      expect(months.every(({ reserved }) => reserved === "0")).toBe(true);
    }
    expect(await world.differences()).toEqual([]);
  },
);

/** The month's is little more than the day's, so that it is near its end after midnight, too. */
function budgets(payer: string, limit: number, hard: boolean): Budget[] {
  return [
    { payer, period: "day", limit: BigInt(limit), hard },
    { payer, period: "month", limit: BigInt(Math.floor(limit * 1.01)), hard },
  ];
}

interface Row {
  readonly starts: string;
  readonly payer: string;
  readonly period: string;
  readonly spent: string;
  readonly reserved: string;
}

const isOf =
  ({ payer, period }: Budget) =>
  (row: Row): boolean =>
    row.payer === payer && row.period === period;

async function totalsOf(seed: number): Promise<readonly Row[]> {
  const { rows } = await world.client.query<Row>(
    "SELECT payer, period, starts::text, spent, reserved FROM spending_totals WHERE payer LIKE $1",
    [`% of ${seed}`],
  );
  return rows;
}
