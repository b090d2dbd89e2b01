import type { Queryable } from "../postgres/queryable.ts";

export type ChargeState = "open" | "settled" | "presumed" | "released";

/** A row of `spending_charges`. */
export interface Charge {
  readonly id: string;
  readonly payers: readonly string[];
  /** The day that it counts for, UTC. */
  readonly day: string;
  readonly reserved: bigint;
  state: ChargeState;
  amount: bigint;
}

/** Those of these that there are, locked in the order of their ids. */
export async function lockCharges(client: Queryable, ids: readonly string[]): Promise<Map<string, Charge>> {
  if (ids.length === 0) {
    return new Map();
  }
  const { rows } = await client.query<{
    id: string;
    payers: string[];
    day: string;
    reserved: string;
    state: ChargeState;
    amount: string;
  }>(
    `SELECT id, payers, (at AT TIME ZONE 'UTC')::date::text AS day, reserved, state, amount
     FROM spending_charges WHERE id = ANY ($1::uuid[]) ORDER BY id FOR UPDATE`,
    [ids],
  );
  return new Map(
    rows.map(({ id, payers, day, reserved, state, amount }) => [
      id,
      { id, payers, day, reserved: BigInt(reserved), state, amount: BigInt(amount) },
    ]),
  );
}

/** `at` in Unix milliseconds; `null` for now. */
export interface NewCharge {
  readonly id: string;
  readonly payers: readonly string[];
  readonly at: number | null;
  readonly state: ChargeState;
  readonly reserved: bigint;
  readonly amount: bigint;
}

export async function insertCharges(client: Queryable, charges: readonly NewCharge[]): Promise<void> {
  if (charges.length === 0) {
    return;
  }
  await client.query(
    `INSERT INTO spending_charges (id, payers, at, state, reserved, amount, settled_at)
     SELECT id, payers, coalesce(to_timestamp(at / 1000), now()), state, reserved, amount,
            CASE WHEN state = 'open' THEN NULL ELSE now() END
     FROM unnest($1::uuid[], $2::jsonb[], $3::float8[], $4::text[], $5::bigint[], $6::bigint[])
       AS new (id, payers, at, state, reserved, amount)`,
    [
      charges.map(({ id }) => id),
      charges.map(({ payers }) => JSON.stringify(payers)),
      charges.map(({ at }) => at),
      charges.map(({ state }) => state),
      charges.map(({ reserved }) => String(reserved)),
      charges.map(({ amount }) => String(amount)),
    ],
  );
}

export async function updateCharges(client: Queryable, charges: readonly Charge[]): Promise<void> {
  if (charges.length === 0) {
    return;
  }
  await client.query(
    `UPDATE spending_charges AS charge SET state = now.state, amount = now.amount, settled_at = now()
     FROM unnest($1::uuid[], $2::text[], $3::bigint[]) AS now (id, state, amount) WHERE charge.id = now.id`,
    [
      charges.map(({ id }) => id),
      charges.map(({ state }) => state),
      charges.map(({ amount }) => String(amount)),
    ],
  );
}
