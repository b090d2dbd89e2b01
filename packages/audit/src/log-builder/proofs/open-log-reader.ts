import { createLogReader, type LogReader } from "./log-reader.ts";
import type { CheckpointTrust } from "./newest-checkpoint.ts";
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
  /** Whose records of purges are believed. Without it all are: then the database alone says what retention dropped. */
  readonly trust?: RecordTrust;
  /**
   * The log's verifier keys (`parseKeySet`) and its name: nothing is given out under a checkpoint that they did not sign.
   * Without them the database is believed, and clients have to verify.
   */
  readonly checkpointTrust?: CheckpointTrust;
}

/** Reads the log of a migrated database; a database that fails is an `AuditError`. */
export function openLogReader({ trust, checkpointTrust, ...options }: LogReaderOptions): OpenLogReader {
  const pool = createReadingPool({ ...options, name: "sark-audit-log-reader" });
  return {
    ...createLogReader(pool, trust ?? null, checkpointTrust ?? null),
    export: (selection) => exportLog(pool, selection),
    close: () => pool.end(),
  };
}
