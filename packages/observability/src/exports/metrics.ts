export {
  oneOf,
  bounded,
  httpStatus,
  introduced,
  OTHER,
  NONE,
  type BoundedLabel,
  type IntroducedLabel,
  type LabelDefinition,
  type LabelValue,
  type OneOfLabel,
} from "../metrics/labels.ts";
export {
  defineCatalog,
  mergeCatalogs,
  CatalogError,
  type Catalog,
  type DocumentedCatalog,
  type LabelsOf,
  type MetricDefinition,
  type MetricName,
  type Unit,
} from "../metrics/catalog.ts";
export { parseAccept, qualityOf, type MediaRange } from "../metrics/accept.ts";
export { lintCatalog } from "../metrics/lint-catalog.ts";
export { EXPOSITION_TYPES } from "../metrics/negotiate.ts";
export { createRecorder } from "../metrics/recorder.ts";
export {
  type BoundGauge,
  type Exemplar,
  type Exposition,
  type Reading,
  type Recorder,
  type RecorderOptions,
  type Series,
} from "../metrics/recorder-types.ts";
export { RECORDER_CATALOG } from "../metrics/own-catalog.ts";
export { exampleQueries } from "../metrics/example-queries.ts";
export { renderMetricsReference } from "../metrics/reference.ts";
export { instrumentCatalog, type InstrumentCatalog } from "../service/instrument-catalog.ts";
export { httpServerCatalog, type HttpServerCatalog } from "../service/http/catalog.ts";
export { processCatalog, type ProcessCatalog } from "../runtime/catalog.ts";
export { watchProcess, type WatchProcessOptions } from "../runtime/watch-process.ts";
export { pushMetrics, type MetricsPush, type MetricsPushOptions } from "../metrics-push/push-metrics.ts";
