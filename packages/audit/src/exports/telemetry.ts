export { auditCatalog, type AuditCatalog } from "../telemetry/catalog.ts";
export { createAuditTelemetry } from "../telemetry/observer.ts";
export { onStatements, type EndedStatement } from "../telemetry/statements.ts";
export { onSlowStatements, type SlowStatement } from "../telemetry/slow-statements.ts";
export { databasePools, type DatabasePoolFigures } from "../postgres/open-pools.ts";
export { onDatabaseConnection } from "../telemetry/database-connections.ts";
export { observeDatabase, type DatabaseObserver } from "../telemetry/database-events.ts";
