import type { Remembered } from "./remembered.ts";
import type { SessionMemory } from "./session-memory.ts";
import { isMore, moreOf, type SessionUse } from "./session-use.ts";
import type { SharedBeginnings } from "./shared-beginnings.ts";

/** Replicas that write at the same moment. */
const TELL_ATTEMPTS = 3;

/**
 * Tells the other replicas what a session has done. Where they cannot be told they are told with the next request. Resolves to
 * what they knew before.
 */
export async function tellOthers(
  others: SharedBeginnings,
  { name, memory }: { readonly name: string; readonly memory: Pick<SessionMemory, "take"> },
  session: Remembered,
): Promise<SessionUse> {
  const { use, first } = session;
  for (let attempt = 0; attempt < TELL_ATTEMPTS; attempt += 1) {
    const kept = await others.find(name, first);
    if (kept === null) {
      break;
    }
    if (kept === "none") {
      session.version = await others.keep(name, first, session);
      session.told = session.version === null ? session.told : use;
      break;
    }
    const { session: known, version } = kept;
    if (known.id !== session.id) {
      memory.take(session, known.id);
    }
    const written = isMore(use, known.use)
      ? await others.replace(name, first, kept, { ...known, use })
      : version;
    if (written !== null) {
      session.version = written;
      session.told = moreOf(use, known.use);
      return known.use;
    }
  }
  return "none";
}
