import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { gatewayIntegration } from "./definitions/gateway-integration.ts";
import { gatewayOperations } from "./definitions/gateway-operations.ts";
import { gatewayOverview } from "./definitions/gateway-overview.ts";
import { gatewayPerformance } from "./definitions/gateway-performance.ts";
import { infrastructure } from "./definitions/infrastructure.ts";
import { metricsService } from "./definitions/metrics-service.ts";
import { gatewaySecurity } from "./definitions/gateway-security.ts";

const FOLDER = "monitoring/grafana/dashboards";

/** Every dashboard, by its path from the root. */
export const DASHBOARDS: Readonly<Record<string, Dashboard>> = {
  [`${FOLDER}/gateway-integration.json`]: gatewayIntegration,
  [`${FOLDER}/gateway-overview.json`]: gatewayOverview,
  [`${FOLDER}/gateway-performance.json`]: gatewayPerformance,
  [`${FOLDER}/gateway-security.json`]: gatewaySecurity,
  [`${FOLDER}/gateway-operations.json`]: gatewayOperations,
  [`${FOLDER}/metrics-service.json`]: metricsService,
  [`${FOLDER}/infrastructure.json`]: infrastructure,
};
