import { tryLock, unlock, type AdvisoryLock } from "./advisory-locks.ts";
import type { Queryable } from "./queryable.ts";

/**
 * Runs `lead` while this session alone holds the lock, or `follow` when another session has it. When `lead` fails the
 * caller has to end the session, and the lock ends with it: the session may hang, and asking it to unlock would only
 * keep other replicas waiting.
 */
export async function leadOrFollow(
  session: Queryable,
  lock: AdvisoryLock,
  lead: () => Promise<void>,
  follow: () => Promise<void> = async () => undefined,
): Promise<void> {
  if (!(await tryLock(session, lock))) {
    await follow();
    return;
  }
  await lead();
  await unlock(session, lock);
}
