export { AUDIT_ERROR_CODES, AuditError, type AuditErrorCode } from "./errors.ts";
export { MAX_EVENT_BYTES, MAX_METADATA_DEPTH } from "./events/event-limits.ts";
export {
  PAYLOAD_ERASURE,
  RETENTION_PURGE,
  type AuditRecord,
  type GatewayEvent,
  type Provenance,
} from "./events/gateway-event.ts";
export {
  type AuditEvent,
  type EventRecord,
  type PayloadKind,
  type PayloadSummary,
} from "./events/event-record.ts";
export { type StoredEvent } from "./events/stored-event.ts";
export {
  combineObservers,
  type AuditObserver,
  type BackgroundTask,
  type CommittedEvent,
} from "./observer.ts";
export { createAuditLog } from "./store/audit-log.ts";
export {
  type AuditLog,
  type AuditLogOptions,
  type AuditLogStats,
  type RecordedEvent,
  type RecordOptions,
} from "./store/audit-log-types.ts";
export { migrate, rollback } from "./store/migrations/migrate.ts";
export { WHEN_DOWN, type WhenDown, type WhenDownPolicy } from "./store/writing/when-down.ts";
