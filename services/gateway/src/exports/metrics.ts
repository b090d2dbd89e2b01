export { FAULT_OPERATIONS, OPERATORS_ROUTES } from "../telemetry/known-values.ts";
export { catalog } from "../telemetry/metric-catalog.ts";
