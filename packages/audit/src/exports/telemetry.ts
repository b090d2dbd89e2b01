export { auditCatalog, type AuditCatalog } from "../telemetry/catalog.ts";
export { createAuditTelemetry } from "../telemetry/observer.ts";
