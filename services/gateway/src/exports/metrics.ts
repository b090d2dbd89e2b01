export { catalog } from "../telemetry/metric-catalog.ts";
