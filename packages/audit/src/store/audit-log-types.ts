import type { TraceOfRecord } from "../events/accepted-event.ts";
import type { AuditRecord, GatewayEvent, Provenance } from "../events/record.ts";
import type { AuditObserver } from "../observer.ts";
import type { Erasure, ErasureRequester, ErasureSelector } from "../payloads/erase-payloads.ts";
import type { Payloads, PayloadSettings } from "../payloads/prepare.ts";
import type { RecordSigner } from "../signed-records/record-signer.ts";
import type { SpoolSettings } from "./spool/spool.ts";
import type { WhenDown, WhenDownPolicy } from "./writing/when-down.ts";

/** Where the log is kept, its bounds, and what becomes of records while the database takes none. */
export interface AuditLogOptions {
  /** PostgreSQL 15 or newer, already migrated (`migrate`). */
  readonly connectionString: string;
  readonly observer?: Partial<AuditObserver>;
  /** Records that may wait; further callers get `overloaded`. Default 10,000. */
  readonly queueLimit?: number;
  /** Bytes of them. Default 64 MiB. */
  readonly queueBytes?: number;
  /** Records in one commit. Default 1,000. */
  readonly maxBatch?: number;
  /** A batch that the database has not committed by then has failed, in milliseconds. Default 5,000. */
  readonly writeTimeoutMs?: number;
  /** A process that stands still in the middle of a write loses it after so long, in milliseconds: others wait for it. Default 15,000. */
  readonly leaseMs?: number;
  /** Days of partitions made ahead of need. Default 7. */
  readonly partitionsAhead?: number;
  /** What becomes of records while the database takes none, by their sensitivity. Default: all `closed`. */
  readonly whenDown?: WhenDownPolicy;
  /** Where records of mode `spool` wait; needed as soon as one level has it. */
  readonly spool?: SpoolSettings;
  /** What is kept of arguments and results. Default: nothing. */
  readonly payloads?: PayloadSettings;
  /** Signs the records of erasures (`TransparencyLog.recordSigner`). Without it nothing of a signed log can be erased. */
  readonly recordSigner?: RecordSigner;
}

/** What holds for one record alone. */
export interface RecordOptions {
  /** In place of what the log's options say for the record's sensitivity. */
  readonly whenDown?: WhenDown;
  readonly payloads?: Payloads;
  /** The span that the database is to show with the write, of a trace that is recorded. Ids that are none are left out. */
  readonly trace?: TraceOfRecord | undefined;
  /**
   * No caller waits for the commit. The record then goes with the next one that is made for another record, after 10 ms
   * with one of its own: under load that halves the statements of what is recorded in pairs.
   */
  readonly deferrable?: boolean;
}

/** What became of a record: the event's id, its position and where it is kept. */
export interface RecordResult {
  readonly id: string;
  /** Position in the log, from 0, without gaps, in commit order; `null` unless committed. */
  readonly seq: bigint | null;
  /** In the database; on the disk, on its way there; nowhere, because the database is away and the mode is `open`. */
  readonly kept: "committed" | "spooled" | "nowhere";
  /** RFC 6962 leaf hash of the record, in hex. */
  readonly leafHash: string;
}

/** How the log stands in this process. */
export interface AuditLogStats {
  readonly waiting: number;
  readonly queueLimit: number;
  /** `false` while the database takes no records and callers are told so at once. */
  readonly available: boolean;
  readonly spool: { readonly bytes: number; readonly maxBytes: number } | null;
}

/** An audit log in PostgreSQL that loses nothing it acknowledged. Any number of processes can write to one. */
export interface AuditLog {
  /** Records one event (AUD-1); resolves to its id only after the commit. Rejects with an `AuditError`. */
  logGatewayEvent(event: GatewayEvent, provenance?: Provenance): Promise<string>;
  /** The same, with the gateway's own fields, and what is to become of it while the database is away. */
  record(record: AuditRecord, options?: RecordOptions): Promise<RecordResult>;
  /** Erases arguments and results for good, and records that it did. The log still verifies. */
  erasePayloads(
    selector: ErasureSelector,
    reason: string,
    options?: { readonly by?: ErasureRequester },
  ): Promise<Erasure>;
  stats(): AuditLogStats;
  /** For health: resolves when the store responds, rejects with the reason. */
  check(signal: AbortSignal): Promise<void>;
  /** For health: resolves when the spool would take a record, or there is none; rejects with `spool_failed`. */
  checkSpool(): Promise<void>;
  /** Writes what waits, then closes. What is spooled stays for the next start. */
  close(): Promise<void>;
}
