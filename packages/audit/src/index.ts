export { AUDIT_ERROR_CODES, AuditError, type AuditErrorCode } from "./errors.ts";
export { MAX_EVENT_BYTES, MAX_METADATA_DEPTH } from "./events/event-limits.ts";
export {
  PAYLOAD_ERASURE,
  RETENTION_PURGE,
  type AuditRecord,
  type GatewayEvent,
  type Provenance,
} from "./events/record.ts";
export { type AuditEvent, type StoredEvent } from "./events/audit-event.ts";
export { type PayloadKind, type PayloadSummary } from "./events/payload.ts";
export { type AcceptedEvent } from "./events/accepted-event.ts";
export { combineObservers } from "./combine-observers.ts";
export {
  SILENT_AUDIT_OBSERVER,
  type AuditObserver,
  type BackgroundTask,
  type NewlyStoredEvent,
} from "./observer.ts";
export { createAuditLog } from "./store/audit-log.ts";
export {
  type AuditLog,
  type AuditLogOptions,
  type AuditLogStats,
  type RecordResult,
  type RecordOptions,
} from "./store/audit-log-types.ts";
export { migrate, rollback } from "./store/migrations/migrate.ts";
export { WHEN_DOWN, type WhenDown, type WhenDownPolicy } from "./store/writing/when-down.ts";
