export { destinationSchema, type DestinationConfig, type DestinationInput } from "./delivery/config.ts";
export { createDestination } from "./delivery/create-destination.ts";
export { DELIVERY_ERROR_CODES, DeliveryError, type DeliveryErrorCode } from "./delivery/errors.ts";
export { openTlsFiles } from "./delivery/http/tls-files.ts";
export type { Destination } from "./delivery/engine/destination.ts";
export { logShippingSchema, type LogShippingConfig } from "./delivery/log-shipping/config.ts";
export { createLogShippingTelemetry } from "./delivery/log-shipping/telemetry.ts";
export {
  startLogShipping,
  type LogShipping,
  type LogShippingOptions,
} from "./delivery/log-shipping/start-log-shipping.ts";
export type { RunnerSnapshot } from "./delivery/engine/snapshot.ts";
export {
  startDelivery,
  type Delivery,
  type DeliveryOptions,
  type DestinationSnapshot,
} from "./delivery/engine/start-delivery.ts";
export type { DeliveryObserver } from "./delivery/observer.ts";
export {
  createDestinationControl,
  type DestinationControl,
  type DestinationStatus,
} from "./delivery/postgres-ledger/destination-control.ts";
export {
  createQuarantine,
  type Quarantine,
  type QuarantinedEvent,
  type QuarantineSelection,
} from "./delivery/postgres-ledger/quarantine.ts";
export { deliveryCatalog, type DeliveryCatalog } from "./delivery/telemetry/catalog.ts";
export { exposeDelivery } from "./delivery/telemetry/gauges.ts";
export { deliveryHealthChecks } from "./delivery/telemetry/health-checks.ts";
export { createDeliveryTelemetry } from "./delivery/telemetry/observer.ts";
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
export { canonicalJson } from "./json/canonical-json.ts";
export { JsonNumberError } from "./json/decimal.ts";
export {
  MAX_NUMBER_CHARACTERS,
  MAX_NUMBER_EXPONENT,
  parseJson,
  type NumberBounds,
} from "./json/parse-json.ts";
export { isRawNumber, type RawNumber } from "./json/raw-number.ts";
export { type ConsistencyProof } from "./log-builder/consistency-proof.ts";
export { LOG_BUILDER_ERROR_CODES, LogBuilderError, type LogBuilderErrorCode } from "./log-builder/errors.ts";
export { type LogBuilder } from "./log-builder/log-builder.ts";
export { type LogBuilderObserver } from "./log-builder/observer.ts";
export {
  openTransparencyLog,
  type TransparencyLog,
  type TransparencyLogOptions,
} from "./log-builder/open-transparency-log.ts";
export { openLogReader, type OpenLogReader } from "./open-log-reader.ts";
export {
  combineObservers,
  type AuditObserver,
  type BackgroundTask,
  type CommittedEvent,
} from "./observer.ts";
export { type Erasure, type ErasureRequester, type ErasureSelector } from "./payloads/erase-payloads.ts";
export {
  PAYLOAD_POLICIES,
  type PayloadPolicy,
  type Payloads,
  type PayloadSettings,
} from "./payloads/prepare.ts";
export { type RedactionRules } from "./payloads/redact.ts";
export { type SchemaView, viewSchema } from "./payloads/sensitive-schema.ts";
export { type RecordSigner } from "./signed-records/record-signer.ts";
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
export { type ReadingPoolOptions } from "./store/query/reading-pool.ts";
export { type RecordedPayload } from "./store/query/payloads.ts";
export { createAuditReader, type AuditReader } from "./store/query/reader.ts";
export { type Trail, type TrailStep } from "./store/query/trail.ts";
export { type SpoolSettings } from "./store/spool/spool.ts";
export { WHEN_DOWN, type WhenDown, type WhenDownPolicy } from "./store/when-down.ts";
export { auditCatalog, type AuditCatalog } from "./telemetry/catalog.ts";
export { createAuditTelemetry } from "./telemetry/observer.ts";
export { createKeySet, parseKeySet, type KeySet } from "./transparency-log/key-set.ts";
export { openCheckpoint, type OpenedCheckpoint } from "./transparency-log/open-checkpoint.ts";
export { parseProof, verifyReceipt, type Receipt } from "./transparency-log/receipt.ts";
export { verifyConsistency } from "./transparency-log/verify-proof.ts";
export { parseTilePath } from "./transparency-log/tile-layout.ts";
export { type Attestor } from "./attestation/attestor.ts";
export {
  createTimeStampAuthority,
  type TimeStampAuthorityOptions,
} from "./attestation/time-stamp/time-stamp-authority.ts";
export { createWitness, type WitnessOptions } from "./attestation/witness.ts";
export { fileMemory, type CheckpointMemory } from "./log-builder/checkpoint-memory.ts";
export { createLogBuilder, type LogBuilderOptions } from "./log-builder/log-builder.ts";
export { loadOrCreateSigner } from "./log-builder/signer-file.ts";
export {
  TRANSPARENCY_LOG_ERROR_CODES,
  TransparencyLogError,
  type TransparencyLogErrorCode,
} from "./transparency-log/errors.ts";
export { type TrustedKey } from "./transparency-log/key-set.ts";
export { type NoteSigner } from "./transparency-log/note-signer.ts";
export { parseVerifierKey, type VerifierKey } from "./transparency-log/verifier-key.ts";
export {
  VERIFICATION_ERROR_CODES,
  VerificationError,
  type VerificationErrorCode,
} from "./verification/errors.ts";
export {
  FINDING_KINDS,
  type ColumnDifference,
  type Finding,
  type FindingKind,
  type Verification,
  type VerificationOutcome,
  type VerifiedCheckpoint,
} from "./verification/finding.ts";
export { parseMemory, type TreeMemory } from "./verification/tree-memory.ts";
export { verifyExport, type ExportVerificationOptions } from "./verification/verify-export.ts";
export { verifyOnline, type OnlineOptions } from "./verification/verify-online.ts";
export { writeExport, type ExportOptions, type ExportSelection } from "./verification/write-export.ts";
