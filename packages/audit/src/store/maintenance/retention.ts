import type pg from "pg";
import type { AuditObserver } from "../../observer.ts";
import { isSignedLog, type RecordSigner } from "../../signed-records/record-signer.ts";
import { DAY_MS, type PartitionedTable } from "../partitions/partitions.ts";
import { purge } from "./purge.ts";
import { expiredSlices } from "./slices.ts";

/** How long events and payloads are kept, in days. */
export interface RetentionSettings {
  /** Events are kept for as many days at least; whole days are dropped. */
  readonly days: number;
  /** Arguments and results may be kept for a shorter time. Default: as long as their events. */
  readonly payloadDays?: number;
  /**
   * Signs the records of what is dropped. The log is then a signed one: events stay until a checkpoint covers them, also as
   * long as there is none at all, as a tree cannot be begun without its first leaves. Without it, nothing of a log that
   * others sign is dropped: no verifier would take the record.
   */
  readonly signer?: RecordSigner;
}

/**
 * Drops what is older than configured, by this clock and by the database's: one that is ahead must not empty the log.
 * What is held, or in use just now, is tried again at the next run.
 */
export async function applyRetention(
  client: pg.ClientBase,
  settings: RetentionSettings,
  observer: AuditObserver,
): Promise<void> {
  const { days, payloadDays = days, signer } = settings;
  if (signer === undefined && (await isSignedLog(client))) {
    observer.purgeHeld({
      partition: "all",
      reason: "the log is signed, and this process has no key to sign purges",
    });
    return;
  }
  const { rows } = await client.query<{ now: Date }>("SELECT now()");
  const now = Math.min(Date.now(), rows[0]?.now.getTime() ?? 0);
  const drop = (table: PartitionedTable, older: number): Promise<void> =>
    dropExpired(client, table, { days: older, signer }, observer, now);
  await drop("gateway_audit_payloads", Math.min(payloadDays, days));
  await drop("gateway_audit_events", days);
}

async function dropExpired(
  client: pg.ClientBase,
  table: PartitionedTable,
  { days, signer }: { readonly days: number; readonly signer: RecordSigner | undefined },
  observer: AuditObserver,
  now: number,
): Promise<void> {
  const cutoff = new Date(now - days * DAY_MS);
  for (const slice of await expiredSlices(client, table, cutoff)) {
    const result = await purge(client, slice, { reason: `older than ${days} days`, signer });
    switch (result.kind) {
      case "purged":
        observer.recorded([result]);
        observer.purged({
          table: table === "gateway_audit_events" ? "events" : "payloads",
          rows: result.rows,
          partition: slice.relation,
        });
        break;
      case "held":
        observer.purgeHeld({ partition: slice.relation, reason: result.reason });
        break;
      case "empty":
      case "busy":
        break;
    }
  }
}
