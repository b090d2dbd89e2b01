export const CIRCUIT_STATES = ["closed", "open", "half_open"] as const;
export type CircuitState = (typeof CIRCUIT_STATES)[number];

/** Why it is not closed: failures in a row, or a fault of configuration that people have to mend. */
export type CircuitCause = "failures" | "configuration";

export interface CircuitView {
  readonly state: CircuitState;
  readonly cause: CircuitCause | null;
  /** Of the last failure; `null` after a success. */
  readonly reason: string | null;
  readonly failures: number;
  /** Whether the last failure was that there was no connection. */
  readonly unreached: boolean;
  /** When the state began, in milliseconds since the epoch. */
  readonly since: number;
  /** When the next request may go out after a failure, in milliseconds since the epoch. */
  readonly nextAttemptAt: number | null;
}
