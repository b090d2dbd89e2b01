import type { Logger } from "./logger.ts";

/** What is done before the process ends, and for how long at most. */
export interface CrashOptions {
  /** Last steps, such as closing a spool; given up after `graceMs`. */
  onFatal?(error: unknown): void | Promise<void>;
  /** Default 2000. */
  readonly graceMs?: number;
}

/**
 * Logs errors that no code caught, with stack and causes, and ends the process with exit code 1.
 * Returns a function that takes the handlers away again.
 */
export function installCrashHandlers(logger: Logger, options: CrashOptions = {}): () => void {
  const { onFatal, graceMs = 2000 } = options;
  let crashing = false;

  function crash(error: unknown, message: string): void {
    logger.fatal({ error }, message);
    // A second fault while the first is being dealt with: nothing more can be hoped for.
    if (crashing) {
      process.exit(1);
    }
    crashing = true;
    setTimeout(() => process.exit(1), graceMs);
    void (async () => {
      try {
        await onFatal?.(error);
      } catch (failure) {
        logger.fatal({ error: failure }, "the last steps before exit failed");
      } finally {
        logger.flush();
        process.exit(1);
      }
    })();
  }

  const onException = (error: unknown) => crash(error, "uncaught exception");
  const onRejection = (reason: unknown) => crash(reason, "unhandled rejection");
  process.on("uncaughtException", onException);
  process.on("unhandledRejection", onRejection);
  return () => {
    process.off("uncaughtException", onException);
    process.off("unhandledRejection", onRejection);
  };
}
