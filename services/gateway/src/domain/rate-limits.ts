import type { Principal } from "./principal.ts";

/** Whose calls a limit counts. */
export const LIMIT_KINDS = ["user", "agent", "tool", "server", "tenant"] as const;
export type LimitKind = (typeof LIMIT_KINDS)[number];

/**
 * `own`: of who calls, counted before policy decides, so that a flood of denied calls is limited. `common`: of what callers
 * have in common, counted once policy permits, so that no caller whose calls are denied uses up what others need.
 */
export const LIMIT_GROUPS = {
  own: ["user", "agent"],
  common: ["tool", "server", "tenant"],
} as const satisfies Record<string, readonly LimitKind[]>;
export type LimitGroup = keyof typeof LIMIT_GROUPS;

/** What of a call decides which limits it counts toward. */
export interface LimitedCall {
  readonly principal: Principal;
  readonly server: string | null;
  readonly tool: string | null;
}

/** So many calls in a period, and so many at once. */
export interface Rate {
  readonly requests: number;
  readonly periodMs: number;
  /** Calls at once after a rest: the size of the bucket. */
  readonly burst: number;
}

/** Where a limit was counted: in this process, among all replicas, or in this process because the others cannot be asked. */
export type LimitScope = "process" | "shared" | "fallback";

export type LimitDecision = { readonly allowed: true; readonly scope: LimitScope } | LimitReached;

export interface LimitReached {
  readonly allowed: false;
  readonly scope: LimitScope;
  readonly kind: LimitKind;
  /** The user, agent, tool, server or tenant, as the call named it. */
  readonly name: string;
  readonly rate: Rate;
  readonly retryAfterMs: number;
}

/** Counts calls toward their limits. */
export interface RateLimiter {
  /** Counts one call toward every limit of a group that applies to it, or toward none when one of them is reached. Never rejects. */
  take(call: LimitedCall, group: LimitGroup): LimitDecision | Promise<LimitDecision>;
  /** The limit of a group that is reached, as far as this process knows without asking; counts nothing. */
  reached(call: LimitedCall, group: LimitGroup): LimitReached | null;
}

/** A call was refused for its rate, where no MCP response says so. */
export class RateLimitedError extends Error {
  override readonly name = "RateLimitedError";
  readonly retryAfterSeconds: number;

  constructor(message: string, retryAfterSeconds: number) {
    super(message);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
