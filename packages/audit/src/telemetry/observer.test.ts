import { expect, it } from "vitest";
import { createLogger } from "@sark/observability/logging";
import { createRecorder } from "@sark/observability/metrics";
import { AuditError } from "../errors.ts";
import { acceptRecord } from "../events/accept-record.ts";
import { combineObservers } from "../combine-observers.ts";
import { SILENT_AUDIT_OBSERVER } from "../observer.ts";
import { createAuditLog } from "../store/audit-log.ts";
import { callIntent } from "../store/testing/records.ts";
import { auditCatalog } from "./catalog.ts";
import { createAuditTelemetry } from "./observer.ts";
import { createAuditDatabase } from "../store/testing/audit-database.ts";

it("writes one line for every recorded event and counts it; failures too [AUD-4] [MET-10]", async () => {
  const database = await createAuditDatabase();
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger({
    service: "test",
    environment: "test",
    version: "0",
    level: "info",
    destination: { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
  });
  const recorder = createRecorder(auditCatalog);
  const log = createAuditLog({
    connectionString: database.url,
    observer: createAuditTelemetry({ recorder, logger }),
  });
  const id = await log.logGatewayEvent({
    event_type: "tool_invoke",
    user_id: "alice",
    decision: "deny",
    reason: "no policy permits it",
    timestamp: 1_795_000_000,
    gateway_request_id: "request-7",
  });
  await log.logGatewayEvent({} as never).catch(() => undefined);
  await log.close();
  expect(lines[0]).toMatchObject({
    level: "info",
    component: "audit",
    audit_id: id,
    event_type: "tool_invoke",
    decision: "deny",
    correlation_id: "request-7",
  });
  expect(lines[1]).toMatchObject({ level: "error", error_type: "invalid_event" });
  const { body } = await recorder.expose();
  expect(body).toContain("sark_audit_events_written_total 1");
  expect(body).toContain('sark_audit_failed_writes_total{code="invalid_event"} 1');
  await database.drop();
});

it("counts what the store goes through, and says once that it is away [AUD-4] [MET-10]", async () => {
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger({
    service: "test",
    environment: "test",
    version: "0",
    level: "info",
    destination: { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
  });
  const recorder = createRecorder(auditCatalog);
  const observer = createAuditTelemetry({ recorder, logger });
  const event = acceptRecord(callIntent());
  const away = new AuditError("store_unavailable", "away");
  observer.queueChanged(3, 1_200, 10_000);
  observer.storeLost(away);
  for (let call = 0; call < 5; call += 1) {
    observer.writeFailed({ code: "store_unavailable", rows: 1, error: away, known: true });
  }
  observer.storeSetBack({ id: event.id, seq: 8n, nextSeq: 6n });
  observer.spooled(event);
  observer.spoolChanged({ bytes: 900, maxBytes: 5_000 });
  observer.passedUnrecorded(event, away);
  observer.quarantined({ reason: "damaged" });
  observer.purged({ table: "events", rows: 7, partition: "p1" });
  observer.purgeHeld({ partition: "p2", reason: "splunk is behind" });
  observer.payloadsErased({ payloads: 2, eventId: event.id });
  observer.orphansCounted(4);
  observer.storageMeasured(123_456);
  observer.backgroundFailed({ task: "retention", error: away });

  expect(lines.map(({ level, message }) => `${String(level)}: ${String(message)}`)).toEqual([
    "error: audit store lost",
    "error: the audit store has lost events that it had committed",
    "warn: call let through without an audit record",
    "error: spooled audit event quarantined",
    "info: audit partition dropped by retention",
    "warn: audit partition is due but must stay",
    "info: audit payloads erased",
    "error: audit upkeep failed, to be tried again",
  ]);
  expect(lines[1]).toMatchObject({ log: "security-audit", audit_id: event.id, seq: 8, next_seq: 6 });
  expect(lines[2]).toMatchObject({
    audit_id: event.id,
    correlation_id: "request-1",
    user: "alice",
    tool: "read",
  });
  const { body } = await recorder.expose();
  for (const sample of [
    "sark_audit_queue_depth 3",
    "sark_audit_queue_bytes 1200",
    "sark_audit_queue_capacity 10000",
    "sark_audit_store_up 0",
    'sark_audit_failed_writes_total{code="store_unavailable"} 5',
    "sark_audit_store_set_back_total 1",
    "sark_audit_spooled_events_total 1",
    "sark_audit_spool_bytes 900",
    "sark_audit_spool_capacity_bytes 5000",
    "sark_audit_unrecorded_calls_total 1",
    "sark_audit_quarantined_events_total 1",
    'sark_audit_purged_rows_total{table="events"} 7',
    'sark_audit_retention_purges_total{table="events"} 1',
    "sark_audit_purges_held_total 1",
    "sark_audit_payloads_erased_total 2",
    "sark_audit_orphaned_intents 4",
    "sark_audit_storage_bytes 123456",
    'sark_audit_background_failures_total{task="retention"} 1',
  ]) {
    expect(body).toContain(`${sample}\n`);
  }
  observer.storeRegained({ seconds: 2 });
  expect((await recorder.expose()).body).toContain("sark_audit_store_up 1\n");
});

it("passes over an observer that throws: the record and the other observers are worth more", async () => {
  const database = await createAuditDatabase();
  const told: string[] = [];
  const log = createAuditLog({
    connectionString: database.url,
    observer: combineObservers(
      SILENT_AUDIT_OBSERVER,
      {
        recorded() {
          throw new Error("broken");
        },
      },
      { recorded: () => void told.push("recorded") },
    ),
  });
  await log.record(callIntent());
  expect(told).toEqual(["recorded"]);
  await log.close();
  await database.drop();
});
