export { apiReference } from "./api/api-reference.ts";
export { describeService } from "./api/describe-service.ts";
export { configurationReference } from "./config/reference.ts";
export { loadConfig } from "./config/load.ts";
export { catalog } from "./telemetry/metric-catalog.ts";
