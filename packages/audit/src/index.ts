export { AUDIT_ERROR_CODES, AuditError, type AuditErrorCode } from "./errors.ts";
export { type AuditRecord, type GatewayEvent } from "./events/gateway-event.ts";
export { type StoredEvent } from "./events/stored-event.ts";
export { combineObservers, type AuditObserver } from "./observer.ts";
export {
  createAuditLog,
  type AuditLog,
  type AuditLogOptions,
  type RecordedEvent,
} from "./store/audit-log.ts";
export { migrate, rollback } from "./store/migrate.ts";
export { auditCatalog, type AuditCatalog } from "./telemetry/catalog.ts";
export { createAuditTelemetry } from "./telemetry/observer.ts";
