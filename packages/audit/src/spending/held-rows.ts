import type { Queryable } from "../postgres/queryable.ts";
import { createTotals, storable, type PayerDay, type Total, type Totals } from "./totals.ts";
import { PERIODS } from "./types.ts";
import type { Charge, ChargeState, NewCharge } from "./charge.ts";

/** What a transaction may change, held by its locks until it ends. */
export interface HeldRows {
  /** By id; those that there are. */
  readonly charges: Map<string, Charge>;
  readonly totals: Totals;
}

/**
 * Charges come before totals, both in the order of their keys, so that no two batches wait for each other in a circle: the
 * sort of `total` begins when it has all that `charge` has locked. One statement, because callers wait for the whole batch.
 */
const HOLD = `
  WITH charge AS (
    SELECT id, payers, (at AT TIME ZONE 'UTC')::date AS day, reserved::text, state, amount::text, begun
    FROM spending_charges WHERE id = ANY ($1::uuid[]) ORDER BY id FOR UPDATE
  ), asked AS (
    SELECT payer, coalesce(day, (now() AT TIME ZONE 'UTC')::date) AS day FROM unnest($2::text[], $3::date[]) AS of (payer, day)
    UNION ALL
    SELECT payer, day FROM charge, jsonb_array_elements_text(payers) AS payer
  ), total AS (
    INSERT INTO spending_totals AS total (payer, period, starts)
    SELECT DISTINCT payer, period, date_trunc(period, day::timestamp)::date AS starts
    FROM asked, unnest($4::text[]) AS period ORDER BY payer, period, starts
    ON CONFLICT (payer, period, starts) DO UPDATE SET spent = total.spent
    RETURNING payer, period, starts, spent::text, reserved::text, adjusted::text, warned
  )
  SELECT (now() AT TIME ZONE 'UTC')::date::text AS today, extract(epoch FROM now())::float8 * 1000 AS now,
         (SELECT coalesce(json_agg(charge), '[]') FROM charge) AS charges,
         (SELECT coalesce(json_agg(total), '[]') FROM total) AS totals`;

interface Held {
  readonly today: string;
  readonly now: number;
  readonly charges: readonly {
    readonly id: string;
    readonly payers: string[];
    readonly day: string;
    readonly reserved: string;
    readonly state: ChargeState;
    readonly amount: string;
    readonly begun: boolean;
  }[];
  readonly totals: readonly (Pick<Total, "payer" | "period" | "starts" | "warned"> &
    Readonly<Record<"spent" | "reserved" | "adjusted", string>>)[];
}

/** Locks these charges, the totals of their payers, and those of `days`, which begin where there are none. */
export async function holdRows(
  client: Queryable,
  ids: Iterable<string>,
  days: readonly PayerDay[],
): Promise<HeldRows> {
  const { rows } = await client.query<Held>({
    name: "audit-spending-hold",
    text: HOLD,
    values: [[...new Set(ids)], days.map(({ payer }) => payer), days.map(({ day }) => day), [...PERIODS]],
  });
  const { today, now, charges, totals } = rows[0] ?? { today: "", now: 0, charges: [], totals: [] };
  return {
    charges: new Map(
      charges.map(({ reserved, amount, ...charge }) => [
        charge.id,
        { ...charge, reserved: BigInt(reserved), amount: BigInt(amount) },
      ]),
    ),
    totals: createTotals(
      today,
      now,
      totals.map(({ spent, reserved, adjusted, ...total }) => ({
        ...total,
        spent: BigInt(spent),
        reserved: BigInt(reserved),
        adjusted: BigInt(adjusted),
      })),
    ),
  };
}

/**
 * By the unique keys alone: a plan that was made while the tables were empty is as good when they are large. A new charge
 * that another process has begun meanwhile fails the transaction, which is then done again: it would be counted twice.
 */
const WRITE = `
  WITH added AS (
    INSERT INTO spending_charges (id, payers, at, state, reserved, amount, begun, settled_at)
    SELECT id, payers, coalesce(to_timestamp(at / 1000), now()), state, reserved, amount, begun,
           CASE WHEN state = 'open' THEN NULL ELSE now() END
    FROM unnest($1::uuid[], $2::jsonb[], $3::float8[], $4::text[], $5::bigint[], $6::bigint[], $16::boolean[])
      AS new (id, payers, at, state, reserved, amount, begun)
  ), changed AS (
    INSERT INTO spending_charges (id, payers, at, state, reserved, amount, begun, settled_at)
    SELECT id, '[]', now(), state, 0, amount, begun, CASE WHEN state = 'open' THEN NULL ELSE now() END
    FROM unnest($7::uuid[], $8::text[], $9::bigint[], $17::boolean[]) AS held (id, state, amount, begun)
    ON CONFLICT (id) DO UPDATE
      SET state = excluded.state, amount = excluded.amount, begun = excluded.begun, settled_at = excluded.settled_at
  )
  INSERT INTO spending_totals (payer, period, starts, spent, reserved, warned)
  SELECT * FROM unnest($10::text[], $11::text[], $12::date[], $13::bigint[], $14::bigint[], $15::smallint[])
  ON CONFLICT (payer, period, starts)
    DO UPDATE SET spent = excluded.spent, reserved = excluded.reserved, warned = excluded.warned`;

/** Writes charges that are new, what changed of those that are held, and the totals. */
export async function writeRows(
  client: Queryable,
  rows: { readonly added: Iterable<NewCharge>; readonly changed: Iterable<Charge>; readonly totals: Totals },
): Promise<void> {
  const added = [...rows.added];
  const changed = [...rows.changed];
  const totals = [...rows.totals.all()];
  await client.query({
    name: "audit-spending-write",
    text: WRITE,
    values: [
      added.map(({ id }) => id),
      added.map(({ payers }) => JSON.stringify(payers)),
      added.map(({ at }) => at),
      added.map(({ state }) => state),
      added.map(({ reserved }) => String(reserved)),
      added.map(({ amount }) => String(amount)),
      changed.map(({ id }) => id),
      changed.map(({ state }) => state),
      changed.map(({ amount }) => String(amount)),
      totals.map(({ payer }) => payer),
      totals.map(({ period }) => period),
      totals.map(({ starts }) => starts),
      totals.map(({ spent }) => String(storable(spent))),
      totals.map(({ reserved }) => String(storable(reserved))),
      totals.map(({ warned }) => warned),
      added.map(({ begun }) => begun),
      changed.map(({ begun }) => begun),
    ],
  });
}
