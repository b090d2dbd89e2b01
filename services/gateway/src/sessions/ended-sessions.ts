import type { SessionEndReason } from "../domain/sessions.ts";

/** Some 100 bytes each. Ids of sessions that are older than `sessions.maxDuration` are refused without being remembered. */
const MAX_REMEMBERED = 50_000;

/** Sessions that are over, so that their ids are of no use any more. The oldest ends are forgotten first. */
export interface EndedSessions {
  add(fingerprint: string, reason: SessionEndReason): void;
  reasonOf(fingerprint: string): SessionEndReason | undefined;
  readonly size: number;
}

export function createEndedSessions(max = MAX_REMEMBERED): EndedSessions {
  const reasons = new Map<string, SessionEndReason>();
  return {
    add(fingerprint, reason) {
      const [oldest] = reasons.size >= max ? reasons.keys() : [];
      if (oldest !== undefined && !reasons.has(fingerprint)) {
        reasons.delete(oldest);
      }
      reasons.set(fingerprint, reason);
    },
    reasonOf: (fingerprint) => reasons.get(fingerprint),
    get size() {
      return reasons.size;
    },
  };
}
