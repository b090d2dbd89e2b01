import type pg from "pg";
import type { AuditObserver } from "../../observer.ts";
import { DAY_MS, type PartitionedTable } from "../partitions.ts";
import { purge } from "./purge.ts";
import { expiredSlices } from "./slices.ts";

export interface RetentionSettings {
  /** Events are kept for as many days at least; whole days are dropped. */
  readonly days: number;
  /** Arguments and results may be kept for a shorter time. Default: as long as their events. */
  readonly payloadDays?: number;
  /**
   * The log is signed: events stay until a checkpoint covers them, also as long as there is none at all. A tree cannot be
   * begun without its first leaves. Default false, for stores that nobody signs.
   */
  readonly isSigned?: boolean;
}

/**
 * Drops what is older than configured, by this clock and by the database's: one that is ahead must not empty the log.
 * What is held, or in use just now, is tried again at the next run.
 */
export async function applyRetention(
  client: pg.ClientBase,
  settings: RetentionSettings,
  observer: Required<AuditObserver>,
): Promise<void> {
  const { days, payloadDays = days, isSigned = false } = settings;
  const { rows } = await client.query<{ now: Date }>("SELECT now()");
  const now = Math.min(Date.now(), rows[0]?.now.getTime() ?? 0);
  const drop = (table: PartitionedTable, older: number): Promise<void> =>
    dropExpired(client, table, { days: older, isSigned }, observer, now);
  await drop("gateway_audit_payloads", Math.min(payloadDays, days));
  await drop("gateway_audit_events", days);
}

async function dropExpired(
  client: pg.ClientBase,
  table: PartitionedTable,
  { days, isSigned }: Required<Pick<RetentionSettings, "days" | "isSigned">>,
  observer: Required<AuditObserver>,
  now: number,
): Promise<void> {
  const cutoff = new Date(now - days * DAY_MS);
  for (const slice of await expiredSlices(client, table, cutoff)) {
    const result = await purge(client, slice, { reason: `older than ${days} days`, isSigned });
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
