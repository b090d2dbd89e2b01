import type { SessionEntry } from "./session-entry.ts";
import type { SessionLimits } from "./session-limits.ts";

/** Two clocks: held against the one that no one sets, a time by the other would be over for good once that is set back. */
export interface SessionClocks {
  /** For how long something lasts: milliseconds on a clock that no one sets. */
  now(): number;
  /** When something is: milliseconds since the epoch, by the clock of the machine, as in ids of sessions. */
  wallTime(): number;
}

/** How long sessions last, and what of it is left. */
export interface SessionTime extends SessionClocks {
  /** When it takes no more requests, in milliseconds since the epoch. */
  expiresAt(session: Pick<SessionEntry, "createdAt">): number;
  hasExpired(session: Pick<SessionEntry, "createdAt">): boolean;
  /** Not used for as long as one may be left unused. */
  isIdle(entry: Pick<SessionEntry, "lastActivityAt">): boolean;
  /** How often to look for those that are over: milliseconds. */
  readonly sweepMs: number;
}

const LONGEST_SWEEP_MS = 10_000;

export function createSessionTime(
  { idleMs, maxDurationMs }: Pick<SessionLimits, "idleMs" | "maxDurationMs">,
  { now = () => performance.now(), wallTime = () => Date.now() }: Partial<SessionClocks>,
): SessionTime {
  const expiresAt: SessionTime["expiresAt"] = ({ createdAt }) => createdAt + maxDurationMs;
  return {
    now,
    wallTime,
    expiresAt,
    hasExpired: (session) => wallTime() >= expiresAt(session),
    isIdle: ({ lastActivityAt }) => now() - lastActivityAt >= idleMs,
    sweepMs: Math.min(LONGEST_SWEEP_MS, Math.min(idleMs, maxDurationMs) / 4),
  };
}
