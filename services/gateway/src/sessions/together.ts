import type { SeenSession, SessionEndReason } from "../domain/sessions.ts";
import type { SessionEntry } from "./session-entry.ts";

/** What the registry of one replica leaves to all of them. */
export interface Together {
  /** Whether they can be asked right now: then it is they who count the sessions of a principal, and who say which is idle. */
  readonly up: boolean;
  /** A session is over here. Whether this replica is the one to tell of it. */
  ends(entry: Pick<SeenSession, "fingerprint" | "kind">, reason: SessionEndReason): Promise<boolean>;
  /** This replica keeps it no longer, and no work runs in it here: they may have been told of some. */
  left(entry: SessionEntry): void;
}
