import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { startStatementGate, type Fate, type StatementGate } from "../store/testing/start-statement-gate.ts";
import { begin, budgetsOf, call, untilDrawn, type Allowed } from "./testing/ledger-calls.ts";
import { createLedgerWorld, type KillableLedger, type LedgerWorld } from "./testing/ledger-world.ts";
import type { Budget } from "./types.ts";

let world: LedgerWorld;
let gate: StatementGate;
beforeAll(async () => {
  world = await createLedgerWorld();
  gate = await startStatementGate(world.url);
});
afterAll(async () => {
  await gate.close();
  await world.close();
});

const RESERVED = 20n;
const COST = 7n;
const LONG_MS = 60_000;

/** What the log has of a call. */
type Logged = "nothing" | "intent" | "outcome";

interface Scenario {
  readonly kind: "reserved" | "drawn";
  /** What its gateway does. Of a call that was drawn there is no row before. */
  readonly act: "settles it" | "writes what it holds";
  /** What is on record when both begin, and at the end. */
  readonly logged: readonly [Logged, Logged];
  /** For how long a reader of the log waits for the end of a call: for ever, or not at all. */
  readonly grace: "long" | "over";
  /** Whose statement is held, while the other one does all that it has to do. */
  readonly held: "gateway" | "reader";
  readonly fate: Fate;
}

let runs = 0;

/** Runs a scenario with the n-th statement held; resolves to `false` where there are fewer. */
async function run(scenario: Scenario, n: number): Promise<boolean> {
  const { kind, act, logged, grace, held, fate } = scenario;
  runs += 1;
  await world.setClock(new Date());
  const budgets = budgetsOf(`payer ${runs}`);
  const gateway = await world.open(LONG_MS, held === "gateway" ? gate.port : undefined);
  const reader = await world.open(0, held === "reader" ? gate.port : undefined);
  // Its connection is open before statements are counted.
  await reader.follow({ graceSeconds: 900 });
  const one = await beginOf(kind, gateway, budgets);
  await append(one, "nothing", logged[0]);
  if (grace === "over") {
    await world.client.query("UPDATE fake.clock SET ahead = ahead + interval '1 minute'");
  }
  const acting = (): Promise<unknown> =>
    act === "settles it"
      ? gateway.settle({ id: one.reservation.id, amount: COST, budgets: [...budgets] })
      : gateway.close();
  const following = (): Promise<unknown> => reader.follow({ graceSeconds: grace === "over" ? 30 : 900 });
  const [first, second] = held === "gateway" ? [acting, following] : [following, acting];

  const place = gate.holdAt(n);
  const doing = outcomeOf(first());
  const isReached = await Promise.race([place.reached.then(() => true), doing.then(() => false)]);
  if (isReached) {
    const other = outcomeOf(second());
    // Either it comes to its end, or it waits for a lock of what is held.
    await otherOrLock(other);
    place.end(fate);
    await other;
  } else {
    place.end("goes on");
    await outcomeOf(second());
  }
  await doing;
  await gateway.kill();
  await reader.kill();
  await append(one, logged[0], logged[1]);
  await followToTheEnd();
  const expected = String({ nothing: 0n, intent: RESERVED, outcome: COST }[logged[1]]);
  expect({ ...scenario, n, stands: await standing(budgets[0].payer) }).toEqual({
    ...scenario,
    n,
    stands: [
      { period: "day", spent: expected, reserved: "0" },
      { period: "month", spent: expected, reserved: "0" },
    ],
  });
  return isReached;
}

async function beginOf(
  kind: Scenario["kind"],
  gateway: KillableLedger,
  budgets: readonly Budget[],
): Promise<Allowed> {
  const make = (more: object) => call(budgets, RESERVED, more);
  return kind === "drawn"
    ? untilDrawn(gateway, () => make({}))
    : (await begin(gateway, make({ most: undefined })))!;
}

const STEPS: readonly Logged[] = ["nothing", "intent", "outcome"];

async function append({ mark, reservation: { id } }: Allowed, from: Logged, to: Logged): Promise<void> {
  for (const step of STEPS.slice(STEPS.indexOf(from) + 1, STEPS.indexOf(to) + 1)) {
    await (step === "intent"
      ? world.record("intent", mark)
      : world.record("outcome", { id, amount: String(COST) }));
  }
}

async function followToTheEnd(): Promise<void> {
  await world.client.query("UPDATE fake.clock SET ahead = ahead + interval '1 minute'");
  const last = await world.open(0);
  await last.follow({ graceSeconds: 30 });
  await last.close();
}

/** In all of its days and months. */
async function standing(payer: string): Promise<readonly unknown[]> {
  const { rows } = await world.client.query(
    `SELECT period, sum(spent)::text AS spent, sum(reserved)::text AS reserved
     FROM spending_totals WHERE payer = $1 GROUP BY period ORDER BY period`,
    [payer],
  );
  return rows;
}

/** A failure is one of the ends that a connection may have: what became of it stands in the database. */
function outcomeOf(work: Promise<unknown>): Promise<void> {
  return work.then(
    () => undefined,
    () => undefined,
  );
}

/** Resolves when the work has ended, or waits for a lock. */
async function otherOrLock(work: Promise<void>): Promise<void> {
  let isOver = false;
  void work.then(() => (isOver = true));
  await vi.waitFor(
    async () => {
      const { rows } = await world.client.query(
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
      );
      expect(isOver || rows.length > 0).toBe(true);
    },
    { interval: 2, timeout: 60_000 },
  );
}

/** Those that differ: all combinations take ten minutes, and say no more. */
const SCENARIOS: readonly Scenario[] = [
  // The row is written between any two statements of the reader that has found the intent.
  {
    kind: "drawn",
    act: "writes what it holds",
    logged: ["intent", "intent"],
    grace: "over",
    held: "reader",
    fate: "goes on",
  },
  {
    kind: "drawn",
    act: "settles it",
    logged: ["intent", "outcome"],
    grace: "over",
    held: "reader",
    fate: "goes on",
  },
  {
    kind: "reserved",
    act: "settles it",
    logged: ["intent", "outcome"],
    grace: "over",
    held: "reader",
    fate: "is lost",
  },
  {
    kind: "drawn",
    act: "writes what it holds",
    logged: ["intent", "intent"],
    grace: "over",
    held: "gateway",
    fate: "is done unheard",
  },
  // What it holds is released before its record is there.
  {
    kind: "drawn",
    act: "writes what it holds",
    logged: ["nothing", "intent"],
    grace: "over",
    held: "gateway",
    fate: "goes on",
  },
  {
    kind: "drawn",
    act: "settles it",
    logged: ["outcome", "outcome"],
    grace: "long",
    held: "gateway",
    fate: "is lost",
  },
  {
    kind: "reserved",
    act: "settles it",
    logged: ["intent", "outcome"],
    grace: "over",
    held: "gateway",
    fate: "goes on",
  },
];

it.each(SCENARIOS)(
  "totals follow from the log, whichever statement is the last before the other one's: a call that is $kind, its gateway $act, $logged on record, the grace of the reader is $grace, the $held is held, its statement $fate [GTW-4]",
  async (scenario) => {
    let n = 1;
    while (await run(scenario, n)) {
      n += 1;
    }
    expect(n).toBeGreaterThan(3);
  },
);
