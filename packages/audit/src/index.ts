export { AUDIT_ERROR_CODES, AuditError, type AuditErrorCode } from "./errors.ts";
export { type AuditRecord, type GatewayEvent } from "./events/gateway-event.ts";
export {
  type AuditEvent,
  type EventRecord,
  type PayloadKind,
  type PayloadSummary,
} from "./events/event-record.ts";
export { type StoredEvent } from "./events/stored-event.ts";
export { combineObservers, type AuditObserver, type BackgroundTask, type CommittedEvent } from "./observer.ts";
export { type Erasure, type ErasureSelector } from "./payloads/erase-payloads.ts";
export {
  PAYLOAD_POLICIES,
  type PayloadPolicy,
  type Payloads,
  type PayloadSettings,
} from "./payloads/prepare.ts";
export { type RedactionRules } from "./payloads/redact.ts";
export { createAuditLog } from "./store/audit-log.ts";
export {
  type AuditLog,
  type AuditLogOptions,
  type AuditLogStats,
  type RecordedEvent,
  type RecordOptions,
} from "./store/audit-log-types.ts";
export {
  startMaintenance,
  type Maintenance,
  type MaintenanceOptions,
} from "./store/maintenance/maintenance.ts";
export { type RetentionSettings } from "./store/maintenance/retention.ts";
export { migrate, rollback } from "./store/migrate.ts";
export { type Order } from "./store/query/cursor.ts";
export { EXPORT_FORMATS, type ExportFormat } from "./store/query/export.ts";
export { type EventFilter } from "./store/query/filter.ts";
export { type OrphanPage } from "./store/query/orphans.ts";
export { type EventPage, type PageOptions } from "./store/query/page.ts";
export { type RecordedPayload } from "./store/query/payloads.ts";
export { createAuditReader, type AuditReader, type AuditReaderOptions } from "./store/query/reader.ts";
export { type Trail, type TrailStep } from "./store/query/trail.ts";
export { type SpoolSettings } from "./store/spool/spool.ts";
export { WHEN_DOWN, type WhenDown, type WhenDownPolicy } from "./store/when-down.ts";
export { auditCatalog, type AuditCatalog } from "./telemetry/catalog.ts";
export { createAuditTelemetry } from "./telemetry/observer.ts";
