import type { LimitKind } from "../../domain/rate-limits.ts";

/** What happens to rate limits, as a closed list; the gateway's telemetry counts and logs it. */
export interface RateLimitObserver {
  /** More subjects than are counted one by one: this call counts toward a limit that it shares with others. */
  overflowed(kind: LimitKind): void;
  /** A call was decided by limits of this process because the shared ones cannot be asked. */
  fellBack(): void;
}
