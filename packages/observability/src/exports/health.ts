export { createHealth, type Health, type HealthOptions } from "../health/create-health.ts";
export {
  type HealthResponse,
  type CheckResult,
  type ComponentReport,
  type DetailedReport,
  type HealthCheck,
  type HealthObserver,
  type HealthStatus,
  type LiveReport,
  type ReadyReport,
} from "../health/types.ts";
