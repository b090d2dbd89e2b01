import type { ForwardFailure } from "../../domain/forwarding.ts";

/** What happens between replicas, as a closed list. Implementations must not throw and must not block. */
export interface ReplicaObserver {
  /** A request was passed on to the replica that holds its session, or could not be. */
  forwarded(result: ForwardFailure | "passed"): void;
  /** Something came that no other replica has sent to this one, or that came too late, or twice. */
  refused(reason: ForwardRefusal): void;
  /** Changed files of TLS are in use (`null`), or cannot be, and those before are. */
  tlsFilesChanged(problem: string | null): void;
  /** Another replica was not heard of any more, and this one clears up after it. */
  lost(replica: string): void;
}

export const FORWARD_REFUSALS = ["not_authentic", "stale", "repeated"] as const;
export type ForwardRefusal = (typeof FORWARD_REFUSALS)[number];
