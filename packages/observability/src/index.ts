export {
  oneOf,
  bounded,
  introduced,
  OTHER,
  NONE,
  type BoundedLabel,
  type IntroducedLabel,
  type LabelDefinition,
  type LabelValue,
  type OneOfLabel,
} from "./metrics/labels.ts";
export {
  defineCatalog,
  mergeCatalogs,
  CatalogError,
  type Catalog,
  type LabelsOf,
  type MetricDefinition,
  type MetricName,
  type Unit,
} from "./metrics/catalog.ts";
export { parseAccept, qualityOf, type MediaRange } from "./metrics/accept.ts";
export { lintCatalog } from "./metrics/lint-catalog.ts";
export { createRecorder } from "./metrics/recorder.ts";
export {
  type Exemplar,
  type GaugeReading,
  type Recorder,
  type RecorderOptions,
  type Series,
} from "./metrics/recorder-types.ts";
export { RECORDER_CATALOG } from "./metrics/own-catalog.ts";
export { renderMetricsReference } from "./metrics/reference.ts";
export { createLogger, type LogFields, type Logger, type LoggerOptions } from "./logging/logger.ts";
export { type Destination, type StandardOutput } from "./logging/destination.ts";
export { type LineReader, type NumberedLine } from "./logging/files/line-reader.ts";
export { LOG_NAMES, type LogName } from "./logging/files/log-names.ts";
export { type LogFilesObserver } from "./logging/files/observer.ts";
export { openLogFiles, type LogFiles, type LogFilesOptions } from "./logging/files/open-log-files.ts";
export { type ShippableLog } from "./logging/files/shippable-log.ts";
export { firstPosition, type ShippingPosition } from "./logging/files/position-file.ts";
export { type StandardStreamObserver } from "./logging/standard-streams/observer.ts";
export { fileExposure, folderExposure } from "./files/file-exposure.ts";
export { followFiles, type FileNotice, type FollowedFiles } from "./files/follow-files.ts";
export { replaceFile } from "./files/replace-file.ts";
export { limitLines } from "./logging/limit-lines.ts";
export { type Level } from "./logging/levels.ts";
export { currentContext, extendContext, runInContext, type LogContext } from "./logging/context.ts";
export { installCrashHandlers, type CrashOptions } from "./logging/crash.ts";
export { redactText } from "./redaction/secret-patterns.ts";
export { createSecretNameTest, REDACTED } from "./redaction/secret-names.ts";
export { createSecretPlaces, givesAway } from "./redaction/secret-places.ts";
export { hideInJsonText } from "./redaction/json-text.ts";
export { redactRecord } from "./logging/redact-record.ts";
export { startTracing, type Tracing, type TracingOptions } from "./tracing/start-tracing.ts";
export { extractContext, injectContext, type Carrier } from "./tracing/propagation.ts";
export { recordError, withSpan, type SpanSettings } from "./tracing/with-span.ts";
export { activeTrace } from "./tracing/active-trace.ts";
export { createHealth, type Health, type HealthOptions } from "./health/create-health.ts";
export {
  type Answer,
  type CheckResult,
  type ComponentReport,
  type DetailedReport,
  type HealthCheck,
  type HealthStatus,
  type LiveReport,
  type ReadyReport,
} from "./health/types.ts";
