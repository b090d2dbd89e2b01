export { oneOf, bounded, OTHER, NONE, type LabelDefinition, type LabelValue } from "./metrics/labels.ts";
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
export { lintCatalog } from "./metrics/lint-catalog.ts";
export {
  createRecorder,
  type Exemplar,
  type Recorder,
  type RecorderOptions,
  type Series,
} from "./metrics/recorder.ts";
export { RECORDER_CATALOG } from "./metrics/own-catalog.ts";
export { renderMetricsReference } from "./metrics/reference.ts";
