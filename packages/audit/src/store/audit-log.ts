import { hash } from "node:crypto";
import { AuditError } from "../errors.ts";
import { acceptRecord } from "../events/accept-record.ts";
import { newEventId } from "../events/event-id.ts";
import { checkEventSize } from "../events/event-limits.ts";
import { parseAuditRecord, parseGatewayEvent } from "../events/record.ts";
import { toAcceptedEvent, type AcceptedEvent, type TraceOfRecord } from "../events/accepted-event.ts";
import { combineObservers } from "../combine-observers.ts";
import { SILENT_AUDIT_OBSERVER } from "../observer.ts";
import { checkErasure, erasePayloads } from "../payloads/erase-payloads.ts";
import { createPreparePayloads } from "../payloads/prepare.ts";
import type { AuditLog, AuditLogOptions, RecordResult } from "./audit-log-types.ts";
import { createCommitter, type AppendOptions } from "./writing/committer.ts";
import { createConnection, PLANNED_ONCE } from "../postgres/connection.ts";
import { insertBatch } from "./writing/insert-batch.ts";
import { createLastAcknowledged } from "./writing/last-acknowledged.ts";
import { startPartitionKeeper } from "./partitions/partition-keeper.ts";
import { startSpooler } from "./spool/spooler.ts";
import { checkWhenDown, isDown, whenDownFor, type WhenDown } from "./writing/when-down.ts";
import { writeBatch } from "./writing/write-batch.ts";

/** An erasure may touch many rows, and no call waits for it. */
const ERASURE_MS = 10 * 60_000;

/** Opens the log for writing. Throws `invalid_settings`; the database may be away, records then fail or fall back. */
export function createAuditLog(options: AuditLogOptions): AuditLog {
  const { connectionString, queueLimit = 10_000, writeTimeoutMs = 5_000, whenDown = {} } = options;
  checkWhenDown(whenDown, options.spool !== undefined);
  const told = combineObservers(SILENT_AUDIT_OBSERVER, options.observer ?? {});
  const lastAcknowledged = createLastAcknowledged(told.storeSetBack);
  const observer = combineObservers(told, { recorded: lastAcknowledged.note });
  observer.queueChanged(0, 0, queueLimit);
  const preparePayloads = createPreparePayloads(options.payloads);
  const session = {
    connectionString,
    inspect: lastAcknowledged.check,
    ...(options.leaseMs === undefined ? {} : { leaseMs: options.leaseMs }),
  };
  const connect = (timeoutMs = writeTimeoutMs) => createConnection({ ...session, timeoutMs });
  const connectWriter = () =>
    createConnection({ ...session, timeoutMs: writeTimeoutMs, session: PLANNED_ONCE });
  const drainer = connectWriter();
  // First, as it throws when the folder is in use.
  const spooler =
    options.spool &&
    startSpooler(options.spool, {
      ready: () => keeper.ready.then(() => committer.check()),
      write: (batch) => writeBatch(drainer, batch, { deadlineMs: writeTimeoutMs, mayBeStored: true }),
      observer,
    });
  const prober = connect();
  const keeper = startPartitionKeeper({
    first: prober,
    connect,
    daysAhead: options.partitionsAhead ?? 7,
    observer,
  });
  const committer = createCommitter({
    // What comes before the partitions are made would have to be moved into them.
    ready: keeper.ready,
    connection: connectWriter(),
    // Nothing is probed before the partitions are made.
    prober,
    observer,
    queueLimit,
    queueBytes: options.queueBytes ?? 64 * 1024 * 1024,
    maxBatch: options.maxBatch ?? 1_000,
    writeTimeoutMs,
    onRegained: () => spooler?.drain(),
  });

  /** Records whose callers do not know yet where they are kept. Their number: a set of them would keep them from the young collections. */
  let pending = 0;
  let closing = false;
  const allPlaced = Promise.withResolvers<void>();

  /** Commits the record, or does what the mode says when the database takes none. */
  async function keep(event: AcceptedEvent, mode: WhenDown, how?: AppendOptions): Promise<RecordResult> {
    pending += 1;
    try {
      if (closing) {
        throw new AuditError("closed", "The audit log is closed.");
      }
      return recorded(event, "committed", await committer.append(event, how));
    } catch (error) {
      const known = committer.fault !== null;
      if (!isDown(error) || mode === "closed") {
        throw failed(error, known);
      }
      if (mode === "open") {
        observer.passedUnrecorded(event, error);
        return recorded(event, "nowhere", null);
      }
      return await spool(event, error);
    } finally {
      pending -= 1;
      if (closing && pending === 0) {
        allPlaced.resolve();
      }
    }
  }

  async function spool(event: AcceptedEvent, down: AuditError): Promise<RecordResult> {
    if (spooler === undefined) {
      throw failed(
        new AuditError("invalid_settings", "No spool is set; name its folder.", { cause: down }),
        false,
      );
    }
    try {
      await spooler.append(event);
    } catch (error) {
      throw failed(error, false);
    }
    return recorded(event, "spooled", null);
  }

  /** Counts a record whose caller is told that it was not kept. */
  function failed(error: unknown, known: boolean): unknown {
    if (error instanceof AuditError) {
      observer.writeFailed({ code: error.code, rows: 1, error, known });
    }
    return error;
  }

  function checked<T>(make: () => T): T {
    try {
      return make();
    } catch (error) {
      throw failed(error, false);
    }
  }

  return {
    async logGatewayEvent(event, provenance = {}) {
      const now = Date.now();
      const stored = checked(() => {
        const record = parseAuditRecord({ ...parseGatewayEvent(event), ...provenance, phase: "decision" });
        const fixed = toAcceptedEvent(record, newEventId(now), now);
        checkEventSize(fixed.canonical);
        return fixed;
      });
      return (await keep(stored, "closed")).id;
    },
    async record(record, { whenDown: mode, payloads, trace, deferrable = false } = {}) {
      const event = checked(() =>
        acceptRecord(record, payloads === undefined ? null : preparePayloads(payloads, record.sensitivity)),
      );
      return await keep(
        trace === undefined || !isTrace(trace) ? event : { ...event, trace },
        mode ?? whenDownFor(whenDown, record.sensitivity),
        { deferrable },
      );
    },
    async erasePayloads(selector, reason, { by } = {}) {
      const request = { selector, reason, by };
      checkErasure(request);
      const eraser = connect(ERASURE_MS);
      try {
        const { event, seq, payloads } = await eraser.transaction((client) =>
          erasePayloads(client, request, options.recordSigner, insertBatch),
        );
        observer.recorded([{ event, seq }]);
        observer.payloadsErased({ payloads, eventId: event.id });
        return { eventId: event.id, payloads };
      } finally {
        await eraser.close();
      }
    },
    stats: () => ({
      waiting: committer.waiting,
      queueLimit,
      available: committer.fault === null,
      spool: spooler === undefined ? null : { bytes: spooler.bytes, maxBytes: spooler.maxBytes },
    }),
    async check(signal) {
      await Promise.race([keeper.ready.then(() => committer.check()), aborted(signal)]);
    },
    checkSpool: async () => spooler?.check(),
    async close() {
      closing = true;
      // A record that the database does not take now still has to find its place in the spool.
      if (pending > 0) {
        await allPlaced.promise;
      }
      // Before its connection is closed.
      await keeper.stop();
      await committer.close();
      await spooler?.close();
      await drainer.close();
    },
  };
}

function isTrace({ traceId, spanId }: TraceOfRecord): boolean {
  return /^[0-9a-f]{32}$/.test(traceId) && /^[0-9a-f]{16}$/.test(spanId);
}

function recorded(event: AcceptedEvent, kept: RecordResult["kept"], seq: bigint | null): RecordResult {
  return {
    id: event.id,
    seq,
    kept,
    // Few callers look at it. Its own, and none of a prototype, so that a copy of the result has it.
    get leafHash() {
      return hash("sha256", Buffer.from(`\0${event.canonical}`));
    },
  };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
    if (signal.aborted) {
      reject(signal.reason as Error);
    }
  });
}
