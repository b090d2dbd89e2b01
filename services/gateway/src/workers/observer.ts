/** How a process ended: its exit code, or 1 for one that a signal ended. */
export type ExitCode = number;

/** What happens to workers, by their numbers. Implementations must not throw. */
export interface WorkersObserver {
  serving(worker: number, pid: number | undefined): void;
  /** It could not be started, killed or sent a message. */
  unreachable(worker: number, error: unknown): void;
  /** It ended unasked; the next one takes its place after `waitMs`. */
  ended(worker: number, code: ExitCode, waitMs: number): void;
  /** It was told to end, and did so with an error. */
  endedBadly(worker: number, code: ExitCode): void;
}
