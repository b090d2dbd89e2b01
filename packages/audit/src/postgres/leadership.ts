import { tryLock, unlock, type AdvisoryLock } from "./advisory-locks.ts";
import type { Queryable } from "./queryable.ts";
import { LEASE_MS, takeLease } from "./session-defaults.ts";

/**
 * Runs `lead` while this session alone holds the lock, or `follow` when another session has it. When `lead` fails the
 * caller has to end the session, and the lock ends with it: the session may hang, and asking it to unlock would only
 * keep other replicas waiting. A leader that says nothing for `leaseMs` loses the session by itself.
 */
export async function leadOrFollow(
  session: Queryable,
  lock: AdvisoryLock,
  lead: () => Promise<void>,
  follow: () => Promise<void> = async () => undefined,
  leaseMs = LEASE_MS,
): Promise<void> {
  if (!(await tryLock(session, lock))) {
    await follow();
    return;
  }
  await session.query(takeLease({ inTransactionMs: leaseMs, idleMs: leaseMs }));
  await lead();
  await unlock(session, lock);
  await session.query(takeLease({ inTransactionMs: leaseMs }));
}
