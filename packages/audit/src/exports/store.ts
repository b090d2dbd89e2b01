export {
  startMaintenance,
  type Maintenance,
  type MaintenanceOptions,
} from "../store/maintenance/maintenance.ts";
export { type RetentionSettings } from "../store/maintenance/retention.ts";
export { type Order } from "../store/query/cursor.ts";
export { EXPORT_FORMATS, type ExportFormat } from "../store/query/export.ts";
export { type EventFilter } from "../store/query/filter.ts";
export { type OrphanPage } from "../store/query/orphans.ts";
export { type EventPage, type PageOptions } from "../store/query/page.ts";
export { type ReadingPoolOptions } from "../store/query/reading-pool.ts";
export { type RecordedPayload } from "../store/query/payloads.ts";
export { createAuditReader, type AuditReader } from "../store/query/reader.ts";
export { type CallCounts } from "../store/query/call-counts.ts";
export { type CallSummary, SUMMARY_GROUPS, type SummaryRow } from "../store/query/call-summary.ts";
export { type Trail, type TrailStep } from "../store/query/trail.ts";
export { type SpoolSettings } from "../store/spool/spool.ts";
