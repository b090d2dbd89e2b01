/** What happens to lines for a stream whose reader does not keep up. A member must not throw. */
export interface StandardStreamObserver {
  /** Lines were dropped because too many wait. Called within a call that logs: it must not log in turn. */
  dropped?(lines: number): void;
  /** The reader has caught up; `lines` were dropped since it fell behind. Called only when some were. */
  caughtUp?(lines: number): void;
}
