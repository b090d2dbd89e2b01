import type { LogName } from "./log-names.ts";

/** What happens to log files. Each member is called synchronously, maybe within a call that logs: it must not log, nor throw. */
export interface LogFilesObserver {
  linesWritten?(log: LogName, lines: number): void;
  /** Lines that could not be written to their file; they went to stderr. */
  writeFailed?(log: LogName, lines: number, error: unknown): void;
  rotated?(log: LogName): void;
  /** A closed file could not be compressed, or removed; it stays as it is until the next try. */
  upkeepFailed?(log: LogName, error: unknown): void;
  /** A file was removed to keep within the limit. `unshipped`: lines in it that were waiting to be shipped. */
  dropped?(log: LogName, dropped: { readonly file: string; readonly unshipped: number }): void;
  /** Another program removed the file that was written to, with this many lines. */
  vanished?(log: LogName, lines: number): void;
  /** The rest of a compressed file cannot be read. */
  unreadable?(log: LogName, file: string, error: unknown): void;
}
