import type pg from "pg";
import type { Queryable } from "../postgres/queryable.ts";
import { inTransaction } from "../postgres/transaction.ts";
import type { Budget, BudgetState, Period, Warning, WarningLevel } from "./types.ts";
import { storable } from "./totals.ts";

/** Part of the transaction that changes the totals: a warning is lost no more than what was spent. */
export async function insertWarnings(client: Queryable, warnings: readonly Warning[]): Promise<void> {
  if (warnings.length === 0) {
    return;
  }
  const states = warnings.map(({ state }) => state);
  const budgets = states.map(({ budget }) => budget);
  await client.query(
    `INSERT INTO spending_warnings (id, level, payer, label, period, "limit", hard, starts, spent, reserved, adjusted)
     SELECT * FROM unnest($1::uuid[], $2::smallint[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::boolean[],
                          $8::date[], $9::bigint[], $10::bigint[], $11::bigint[])`,
    [
      warnings.map(({ id }) => id),
      warnings.map(({ level }) => level),
      budgets.map(({ payer }) => payer),
      budgets.map(({ payer, label }) => label ?? payer),
      budgets.map(({ period }) => period),
      budgets.map(({ limit }) => String(limit)),
      budgets.map(({ hard }) => hard),
      states.map(({ starts }) => starts),
      states.map(({ spent }) => String(storable(spent))),
      states.map(({ reserved }) => String(storable(reserved))),
      states.map(({ adjusted }) => String(adjusted)),
    ],
  );
}

/**
 * Gives each warning without an event to `record`, and forgets it when that resolves. The lock of its row keeps it from all other
 * processes meanwhile, and ends with the connection of one that is killed.
 */
export async function recordWarnings(
  client: pg.Client,
  record: (warning: Warning) => Promise<void>,
): Promise<void> {
  while (await inTransaction(client, () => recordOne(client, record))) {
    // Each in a transaction of its own: one that cannot be recorded takes back no other.
  }
}

interface Row {
  readonly id: string;
  readonly level: WarningLevel;
  readonly payer: string;
  readonly label: string;
  readonly period: Period;
  readonly limit: string;
  readonly hard: boolean;
  readonly starts: string;
  readonly spent: string;
  readonly reserved: string;
  readonly adjusted: string;
}

/** Whether there may be more. */
async function recordOne(client: Queryable, record: (warning: Warning) => Promise<void>): Promise<boolean> {
  const { rows } = await client.query<Row>(
    `SELECT id, level, payer, label, period, "limit", hard, starts::text, spent, reserved, adjusted
     FROM spending_warnings ORDER BY raised_at, id LIMIT 1 FOR UPDATE SKIP LOCKED`,
  );
  const [row] = rows;
  if (row === undefined) {
    return false;
  }
  // After the lock, in a statement of its own: the process that held it may have ended between event and deletion.
  const { rowCount } = await client.query("SELECT FROM gateway_audit_events WHERE gateway_request_id = $1", [
    row.id,
  ]);
  if (rowCount === 0) {
    await record(toWarning(row));
  }
  await client.query("DELETE FROM spending_warnings WHERE id = $1", [row.id]);
  return true;
}

function toWarning(row: Row): Warning {
  const { id, level, payer, label, period, hard, starts } = row;
  const budget: Budget = { payer, label, period, limit: BigInt(row.limit), hard };
  const state: BudgetState = {
    budget,
    starts,
    spent: BigInt(row.spent),
    reserved: BigInt(row.reserved),
    adjusted: BigInt(row.adjusted),
  };
  return { id, level, state };
}
