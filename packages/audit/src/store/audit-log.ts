import { AuditError } from "../errors.ts";
import { newEventId } from "../events/event-id.ts";
import { admit } from "../events/admit.ts";
import { parseGatewayEvent, type AuditRecord, type GatewayEvent } from "../events/gateway-event.ts";
import { toStoredEvent, type StoredEvent } from "../events/stored-event.ts";
import { combineObservers, type AuditObserver } from "../observer.ts";
import { createConnection } from "./connection.ts";
import { createGroupCommit } from "./group-commit.ts";
import { startPartitionKeeper } from "./partition-keeper.ts";
import { writeBatch } from "./write-batch.ts";

export interface AuditLogOptions {
  /** PostgreSQL 15 or newer, already migrated (`migrate`). */
  readonly connectionString: string;
  readonly observer?: AuditObserver;
  /** Records waiting at the most; further callers get `overloaded`. Default 10,000. */
  readonly queueLimit?: number;
  /** Bytes of them at the most. Default 64 MiB. */
  readonly queueBytes?: number;
  /** Records in one commit at the most. Default 1,000. */
  readonly maxBatch?: number;
  /** The database has this long for a batch, in milliseconds. Default 5,000. */
  readonly statementTimeoutMs?: number;
  /** Days of partitions made ahead of need. Default 7. */
  readonly partitionsAhead?: number;
}

export interface RecordedEvent {
  readonly id: string;
  /** Position in the log, from 0, without gaps, in commit order. */
  readonly seq: bigint;
}

export interface AuditLog {
  /** Records one event (AUD-1); resolves to its id only after the commit. Rejects with an `AuditError`. */
  logGatewayEvent(event: GatewayEvent): Promise<string>;
  /** The same, with the gateway's own fields. */
  record(record: AuditRecord): Promise<RecordedEvent>;
  stats(): { readonly waiting: number; readonly queueLimit: number };
  /** For health: resolves when the store answers. */
  check(signal: AbortSignal): Promise<void>;
  /** Writes what waits, then closes. */
  close(): Promise<void>;
}

export function createAuditLog(options: AuditLogOptions): AuditLog {
  const { connectionString, queueLimit = 10_000, statementTimeoutMs = 5_000 } = options;
  const observer = combineObservers(options.observer ?? {});
  const writer = createConnection({ connectionString, statementTimeoutMs });
  const prober = createConnection({ connectionString, statementTimeoutMs });
  const keeper = startPartitionKeeper({ connection: prober, daysAhead: options.partitionsAhead ?? 7 });
  const commits = createGroupCommit({
    write: (batch) => writeBatch(writer, batch),
    observer,
    queueLimit,
    queueBytes: options.queueBytes ?? 64 * 1024 * 1024,
    maxBatch: options.maxBatch ?? 1_000,
  });

  async function append(event: StoredEvent): Promise<RecordedEvent> {
    return { id: event.id, seq: await commits.append(event) };
  }

  /** Counts a refusal before it is thrown on. */
  function checked<T>(make: () => T): T {
    try {
      return make();
    } catch (error) {
      if (error instanceof AuditError) observer.writeFailed({ code: error.code, rows: 1, error });
      throw error;
    }
  }

  return {
    async logGatewayEvent(event) {
      const now = Date.now();
      const stored = checked(() =>
        toStoredEvent({ ...parseGatewayEvent(event), phase: "decision" }, newEventId(now), now),
      );
      return (await append(stored)).id;
    },
    async record(record) {
      return append(checked(() => admit(record)));
    },
    stats: () => ({ waiting: commits.waiting, queueLimit }),
    async check(signal) {
      await keeper.ready;
      signal.throwIfAborted();
      await prober.use((client) => client.query("SELECT next_seq FROM gateway_audit_head"));
    },
    async close() {
      keeper.stop();
      await commits.close();
      await Promise.all([writer.close(), prober.close()]);
    },
  };
}
