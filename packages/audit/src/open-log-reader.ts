import { createLogReader, type LogReader } from "./log-builder/log-reader.ts";
import { createReadingPool, type ReadingPoolOptions } from "./store/query/reading-pool.ts";
import { exportLog, type ExportSelection } from "./verification/write-export.ts";

/** The transparency log for those who read it; it signs nothing and takes no key. */
export interface OpenLogReader extends LogReader {
  /**
   * A verifiable export, in pieces that are read no faster than they are taken. Rejects with `nothing_signed`, or with
   * `invalid_query` for the filter.
   */
  export(selection: ExportSelection): AsyncIterable<Buffer>;
  close(): Promise<void>;
}

/** Reads the log of a migrated database; a database that fails is an `AuditError`. */
export function openLogReader(options: ReadingPoolOptions): OpenLogReader {
  const pool = createReadingPool({ ...options, name: "sark-audit-log-reader" });
  return {
    ...createLogReader(pool),
    export: (selection) => exportLog(pool, selection),
    close: () => pool.end(),
  };
}
