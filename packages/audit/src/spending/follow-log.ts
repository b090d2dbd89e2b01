import type pg from "pg";
import type { Queryable } from "../postgres/queryable.ts";
import { inTransaction } from "../postgres/transaction.ts";
import { applyBatch, type Batch, type Running } from "./apply-batch.ts";
import { againWhereRaced } from "./raced.ts";

export interface FollowOptions {
  /** A call that has not ended after as long, in seconds, counts with what was reserved, or not where it was never begun. */
  readonly graceSeconds: number;
}

/** Records that one transaction looks at, whose charges it holds. */
const STEP = 5_000;
/** Charges that are presumed or released in one transaction. */
const SETTLED_AT_ONCE = 1_000;
/** A charge that ended is kept as long, in days: records that waited on a disk may come late. */
const KEPT_DAYS = 70;

/**
 * Looks at each record of the log once, in its order, and settles what it says; the place in the log is written in the same
 * transaction. Then presumes or releases what has been open for too long, and forgets what is long over.
 */
export async function followLog(client: pg.Client, { graceSeconds }: FollowOptions): Promise<void> {
  while (await againWhereRaced(() => inTransaction(client, () => step(client)))) {
    // Others of this process and of others get their turn at the locks between two steps.
  }
  while (await inTransaction(client, () => settleStale(client, graceSeconds))) {
    // As above.
  }
  await client.query(
    `DELETE FROM spending_charges WHERE id IN
       (SELECT id FROM spending_charges WHERE state <> 'open' AND at < now() - $1 * interval '1 day'
        ORDER BY id FOR UPDATE SKIP LOCKED)`,
    [KEPT_DAYS],
  );
}

interface Marked {
  readonly phase: string;
  readonly at: number;
  readonly id: string | null;
  readonly reserved: string | null;
  readonly amount: string | null;
  readonly payers: unknown;
  /** When it was drawn from leases. */
  readonly drawn_at: unknown;
}

/** Whether there may be more. */
async function step(client: Queryable): Promise<boolean> {
  const { rows: cursor } = await client.query<{ from: string; to: string }>(
    `SELECT c.next_seq AS "from", least(h.next_seq, c.next_seq + ${STEP}) AS "to"
     FROM spending_cursor AS c, gateway_audit_head AS h FOR UPDATE OF c`,
  );
  const { from = "0", to = "0" } = cursor[0] ?? {};
  if (BigInt(from) >= BigInt(to)) {
    return false;
  }
  const { rows } = await client.query<Marked>(
    `SELECT phase, extract(epoch FROM "timestamp")::float8 * 1000 AS at, metadata #>> '{spending,id}' AS id,
            metadata #>> '{spending,reserved}' AS reserved, metadata #>> '{spending,amount}' AS amount,
            metadata #> '{spending,payers}' AS payers, metadata #> '{spending,at}' AS drawn_at
     FROM gateway_audit_events
     WHERE seq >= $1 AND seq < $2 AND phase IN ('intent', 'outcome') AND metadata ? 'spending' ORDER BY seq`,
    [from, to],
  );
  const marked = await unsettled(client, rows.filter(isMark));
  const running = marked.filter(({ phase }) => phase === "intent").map(toRunning);
  const ends = marked.filter(({ phase }) => phase === "outcome").map(toSettlement);
  await applyBatch(client, { running, settlements: ends });
  await client.query("UPDATE spending_cursor SET next_seq = $1", [to]);
  return true;
}

/** Without what a gateway has settled as its record says, which is nearly all: such a row is neither locked nor written again. */
async function unsettled(client: Queryable, marks: readonly Mark[]): Promise<readonly Mark[]> {
  const { rows } = await client.query<{ id: string; amount: string }>(
    "SELECT id, amount FROM spending_charges WHERE id = ANY ($1::uuid[]) AND state = 'settled'",
    [marks.map(({ id }) => id)],
  );
  const settled = new Map(rows.map(({ id, amount }) => [id, BigInt(amount)]));
  return marks.filter(({ id, phase, amount }) =>
    phase === "intent" ? !settled.has(id) : isAmount(amount) && settled.get(id) !== BigInt(amount),
  );
}

/** Whether there may be more. */
async function settleStale(client: Queryable, graceSeconds: number): Promise<boolean> {
  const { rows } = await client.query<{ id: string; begun: boolean; reserved: string }>(
    `SELECT id, begun, reserved FROM spending_charges
     WHERE state = 'open' AND at < now() - $1 * interval '1 second' ORDER BY id LIMIT ${SETTLED_AT_ONCE} FOR UPDATE`,
    [graceSeconds],
  );
  const settlements = rows.map(({ id, begun, reserved }) => ({
    id,
    amount: BigInt(reserved),
    state: begun ? ("presumed" as const) : ("released" as const),
    budgets: [],
  }));
  await applyBatch(client, { settlements });
  return rows.length === SETTLED_AT_ONCE;
}

type Mark = Marked & { readonly id: string };

function toSettlement(mark: Mark): Batch["settlements"][number] {
  const payers = payersOf(mark);
  return {
    id: mark.id,
    amount: BigInt(mark.amount ?? "0"),
    budgets: [],
    ...(payers.length === 0 ? {} : { unreserved: { payers, at: beginOf(mark) } }),
  };
}

/** Of a call that was drawn from leases there may be no row yet: it counts with what was reserved. */
function toRunning(mark: Mark): Running {
  const { id, reserved } = mark;
  const isKnown = isAmount(reserved);
  return {
    id,
    payers: isKnown ? payersOf(mark) : [],
    at: beginOf(mark),
    reserved: isKnown ? BigInt(reserved) : 0n,
    begun: true,
  };
}

function payersOf({ payers }: Mark): readonly string[] {
  return Array.isArray(payers) ? payers.filter((payer) => typeof payer === "string") : [];
}

/** The day that a call counts for is that of its leases, whatever the clock of the gateway says. */
function beginOf({ at, drawn_at: drawnAt }: Mark): number {
  return typeof drawnAt === "number" && Math.abs(drawnAt - at) < FARTHEST_MS ? drawnAt : at;
}

/** Between the clocks of a gateway and the database; a record of others may say anything. */
const FARTHEST_MS = 7 * 86_400_000;

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Records of others may have a member of this name. */
function isMark(mark: Marked): mark is Mark {
  return mark.id !== null && UUID.test(mark.id);
}

function isAmount(text: string | null): text is string {
  return text !== null && /^\d{1,18}$/.test(text);
}
