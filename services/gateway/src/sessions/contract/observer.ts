import type { Caller } from "../../domain/governance.ts";
import type { SessionEndReason, SessionKind } from "../../domain/sessions.ts";

/** What happens to sessions, as a closed list. Implementations must not throw and must not block. */
export interface SessionObserver {
  /** Once for each session that is over; `cut` counts the requests that were ended with it. */
  sessionOver(event: {
    readonly fingerprint: string;
    readonly kind: SessionKind;
    readonly server: string;
    readonly protocolVersion: string | null;
    readonly caller: Caller;
    readonly reason: SessionEndReason;
    readonly durationMs: number;
    readonly cut: number;
  }): void;
  /** There was no room for a session: `principal` has too many, or this `replica`. */
  sessionRefused(event: { readonly limit: "principal" | "replica"; readonly caller: Caller }): void;
}
