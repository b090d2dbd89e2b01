import { createLogReader, type LogReader } from "./log-reader.ts";
import type { RecordTrust } from "../../signed-records/record-signature.ts";
import { createReadingPool, type ReadingPoolOptions } from "../../store/query/reading-pool.ts";
import { exportLog, type ExportSelection } from "../../verification/export/write-export.ts";

/** The transparency log for those who read it; it signs nothing. */
export interface OpenLogReader extends LogReader {
  /**
   * A verifiable export, in pieces that are read no faster than they are taken. Rejects with `nothing_signed`, or with
   * `invalid_query` for the filter.
   */
  export(selection: ExportSelection): AsyncIterable<Buffer>;
  close(): Promise<void>;
}

export interface LogReaderOptions extends ReadingPoolOptions {
  /**
   * Whose checkpoints and records of purges count: the log's verifier keys (`parseKeySet`), and its name. Without it the
   * database is believed.
   */
  readonly trust?: RecordTrust;
}

/** Reads the log of a migrated database; a database that fails is an `AuditError`. */
export function openLogReader({ trust, ...options }: LogReaderOptions): OpenLogReader {
  const pool = createReadingPool({ ...options, name: "sark-audit-log-reader" });
  return {
    ...createLogReader(pool, trust ?? null),
    export: (selection) => exportLog(pool, selection),
    close: () => pool.end(),
  };
}
