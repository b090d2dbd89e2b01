/** How many sessions there may be, and for how long; times in milliseconds. */
export interface SessionLimits {
  readonly maxPerPrincipal: number;
  readonly max: number;
  readonly idleMs: number;
  readonly maxDurationMs: number;
  readonly displaceAfterMs: number;
}
