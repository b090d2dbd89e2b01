import type { SessionEndReason, SessionKind } from "../../domain/sessions.ts";
import type { SharedSessions } from "./shared-sessions.ts";

/** Ends that the other replicas have to learn of, also of a time in which they could not be told. */
export interface PendingEnds {
  /** Whether this replica is the one to tell of it; where the others cannot be asked, it is. */
  end(fingerprint: string, kind: SessionKind, reason: SessionEndReason): Promise<boolean>;
  /** Tells of those that could not be told. */
  push(): Promise<void>;
  /** Resolves when no question is under way. */
  settled(): Promise<void>;
}

/** As many as a replica remembers itself. */
const MAX_PENDING = 50_000;

export function createPendingEnds(shared: Pick<SharedSessions, "end">): PendingEnds {
  const untold = new Map<string, { readonly kind: SessionKind; readonly reason: SessionEndReason }>();
  const underWay = new Set<Promise<unknown>>();

  async function ask(fingerprint: string, kind: SessionKind, reason: SessionEndReason): Promise<boolean> {
    const ended = await shared.end(fingerprint, kind, reason);
    if (ended !== null) {
      untold.delete(fingerprint);
      return ended.mine;
    }
    const [oldest] = untold.size >= MAX_PENDING ? untold.keys() : [];
    if (oldest !== undefined) {
      untold.delete(oldest);
    }
    untold.set(fingerprint, { kind, reason });
    return true;
  }

  return {
    end(fingerprint, kind, reason) {
      const asking = ask(fingerprint, kind, reason);
      underWay.add(asking);
      return asking.finally(() => underWay.delete(asking));
    },
    async push() {
      for (const [fingerprint, { kind, reason }] of untold) {
        if ((await shared.end(fingerprint, kind, reason)) === null) {
          return;
        }
        untold.delete(fingerprint);
      }
    },
    async settled() {
      await Promise.all(underWay);
    },
  };
}
