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
}

/** Drops what is older than configured. What is held, or in use just now, is tried again at the next run. */
export async function applyRetention(
  client: pg.ClientBase,
  settings: RetentionSettings,
  observer: Required<AuditObserver>,
  now = Date.now(),
): Promise<void> {
  const { days, payloadDays = days } = settings;
  await dropExpired(client, "gateway_audit_payloads", Math.min(payloadDays, days), observer, now);
  await dropExpired(client, "gateway_audit_events", days, observer, now);
}

async function dropExpired(
  client: pg.ClientBase,
  table: PartitionedTable,
  days: number,
  observer: Required<AuditObserver>,
  now: number,
): Promise<void> {
  const cutoff = new Date(now - days * DAY_MS);
  for (const slice of await expiredSlices(client, table, cutoff)) {
    const result = await purge(client, slice, `older than ${days} days`);
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
