import type { AttemptResult } from "./sending/attempt.ts";

export const DISABLED_REASONS = ["failing", "withdrawn"] as const;
export type DisabledReason = (typeof DISABLED_REASONS)[number];

/** What happens to webhooks. Implementations must not throw. */
export interface WebhookObserver {
  attempted(event: {
    readonly tenant: string;
    readonly webhook: string;
    readonly event: string;
    readonly result: AttemptResult;
    readonly status: number | null;
    readonly seconds: number;
    readonly attempt: number;
  }): void;
  /** A delivery failed as often as it may. */
  died(event: { readonly tenant: string; readonly webhook: string; readonly event: string }): void;
  /** The service itself has disabled it. */
  disabled(event: {
    readonly tenant: string;
    readonly webhook: string;
    readonly reason: DisabledReason;
  }): void;
  /** Something that is done again failed: the database is away, as a rule. */
  failed(error: unknown): void;
}
