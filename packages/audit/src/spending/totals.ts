import { newEventId } from "../events/event-id.ts";
import type { Queryable } from "../postgres/queryable.ts";
import { PERIODS, type Budget, type BudgetState, type Period, type Warning } from "./types.ts";

/** A row of `spending_totals`, held by its lock until the transaction ends. */
export interface Total {
  readonly payer: string;
  readonly period: Period;
  readonly starts: string;
  readonly adjusted: bigint;
  spent: bigint;
  reserved: bigint;
  warned: number;
}

/** The totals that a batch changes, by payer, period and start. */
export interface Totals {
  /** Today, UTC, by the database's clock: `2026-07-01`. */
  readonly today: string;
  of(payer: string, period: Period, day: string): Total;
  all(): Iterable<Total>;
}

/** Of a payer on a day; `null` for the day it is by the database's clock. */
export interface PayerDay {
  readonly payer: string;
  readonly day: string | null;
}

/** Locked in the order of their keys, so that no two batches wait for each other. */
const LOCK = `
  INSERT INTO spending_totals AS total (payer, period, starts)
  SELECT DISTINCT payer, period, date_trunc(period, coalesce(day, (now() AT TIME ZONE 'UTC')::date)::timestamp)::date AS starts
  FROM unnest($1::text[], $2::date[]) AS asked (payer, day), unnest($3::text[]) AS period
  ORDER BY payer, period, starts
  ON CONFLICT (payer, period, starts) DO UPDATE SET spent = total.spent
  RETURNING payer, period, starts::text, spent, reserved, adjusted, warned`;

interface Row {
  readonly payer: string;
  readonly period: Period;
  readonly starts: string;
  readonly spent: string;
  readonly reserved: string;
  readonly adjusted: string;
  readonly warned: number;
}

export async function lockTotals(client: Queryable, days: readonly PayerDay[]): Promise<Totals> {
  const { rows: clock } = await client.query<{ today: string }>(
    "SELECT (now() AT TIME ZONE 'UTC')::date::text AS today",
  );
  const today = clock[0]?.today ?? "";
  const { rows } = await client.query<Row>(LOCK, [
    days.map(({ payer }) => payer),
    days.map(({ day }) => day),
    [...PERIODS],
  ]);
  const totals = new Map(rows.map((row) => [keyOf(row.payer, row.period, row.starts), toTotal(row)]));
  return {
    today,
    of(payer, period, day) {
      const total = totals.get(keyOf(payer, period, startOf(period, day)));
      if (total === undefined) {
        throw new Error(`the total of ${payer} was not locked`);
      }
      return total;
    },
    all: () => totals.values(),
  };
}

export async function writeTotals(client: Queryable, totals: Totals): Promise<void> {
  const all = [...totals.all()];
  await client.query(
    `UPDATE spending_totals AS total SET spent = now.spent, reserved = now.reserved, warned = now.warned
     FROM unnest($1::text[], $2::text[], $3::date[], $4::bigint[], $5::bigint[], $6::smallint[])
       AS now (payer, period, starts, spent, reserved, warned)
     WHERE (total.payer, total.period, total.starts) = (now.payer, now.period, now.starts)`,
    [
      all.map(({ payer }) => payer),
      all.map(({ period }) => period),
      all.map(({ starts }) => starts),
      all.map(({ spent }) => String(storable(spent))),
      all.map(({ reserved }) => String(storable(reserved))),
      all.map(({ warned }) => warned),
    ],
  );
}

/** A total that has no room in its column stays at the largest: one call more must not end the charging of all others. */
const MOST = 9_000_000_000_000_000_000n;

export function storable(total: bigint): bigint {
  return total > MOST ? MOST : total;
}

function toTotal({ payer, period, starts, spent, reserved, adjusted, warned }: Row): Total {
  return {
    payer,
    period,
    starts,
    spent: BigInt(spent),
    reserved: BigInt(reserved),
    adjusted: BigInt(adjusted),
    warned,
  };
}

export function startOf(period: Period, day: string): string {
  return period === "day" ? day : `${day.slice(0, 7)}-01`;
}

function keyOf(payer: string, period: Period, starts: string): string {
  return `${period} ${starts} ${payer}`;
}

export function stateOf(budget: Budget, { starts, spent, reserved, adjusted }: Total): BudgetState {
  return { budget, starts, spent, reserved, adjusted };
}

const LEVELS = [100, 80, 50] as const;

/** The level that is reached for the first time in this period, if one is: `atLeast` where a call did not fit. */
export function warningOf(budget: Budget, total: Total, atLeast = 0): Warning | null {
  const used = total.spent + total.adjusted;
  const reached = LEVELS.find((level) => level <= atLeast || used * 100n >= budget.limit * BigInt(level));
  if (reached === undefined || reached <= total.warned) {
    return null;
  }
  total.warned = reached;
  return { id: newEventId(), state: stateOf(budget, total), level: reached };
}
