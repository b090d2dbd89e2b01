import type { DeliverableEvent } from "../audit-events/deliverable-event.ts";
import { tryLock } from "../../postgres/advisory-locks.ts";
import type { Pool } from "../../postgres/pool.ts";
import { openSession } from "../../postgres/session.ts";
import type { LedgerSession } from "../engine/ports/leadership.ts";
import { createPostgresLedger } from "./postgres-ledger.ts";
import { LEAD, REGISTER } from "./statements.ts";

/**
 * Opens a session that holds the locks of all destinations that this replica leads. What leaders write goes over it:
 * when it ends, no leader can move a cursor any more. `replica` is the name of this process; the database ends a session
 * that says nothing for `leaseMs`. Rejects when the database cannot be reached.
 */
export async function openLeaderSession(
  pool: Pool,
  replica: string,
  leaseMs: number,
): Promise<LedgerSession<DeliverableEvent>> {
  const session = await openSession(pool, leaseMs);
  return {
    ledger: createPostgresLedger(session),
    lost: session.lost,
    async register({ name, platform, enabled, start }) {
      const seq = start.from === "seq" ? start.seq : null;
      const time = start.from === "time" ? start.time : null;
      await session.query({
        name: "audit-delivery-register",
        text: REGISTER,
        values: [name, platform, enabled, start.from, seq, time],
      });
    },
    async tryLead(name) {
      if (!(await tryLock(session, { destination: name }))) {
        return false;
      }
      await session.query({ name: "audit-delivery-lead", text: LEAD, values: [name, replica] });
      return true;
    },
    close: session.close,
  };
}
