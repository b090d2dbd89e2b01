import type { RuleFile } from "../domain/alert.ts";
import { activityAlerts } from "./metrics-service/activity.ts";
import { apiAlerts } from "./metrics-service/api.ts";
import { cacheAlerts } from "./metrics-service/cache.ts";
import { certificateAlerts } from "./metrics-service/certificates.ts";
import { databaseAlerts } from "./metrics-service/database.ts";
import { processAlerts } from "./metrics-service/process.ts";
import { productivityAlerts } from "./metrics-service/productivity.ts";

/** ALR-5: the metrics service. */
export const metricsServiceAlerts: RuleFile = {
  path: "monitoring/prometheus/alerts/metrics_service_alerts.yml",
  title: "Metrics service",
  groups: [
    {
      name: "sark-metrics-service",
      alerts: [
        ...apiAlerts,
        ...databaseAlerts,
        ...cacheAlerts,
        ...processAlerts,
        ...certificateAlerts,
        ...activityAlerts,
        ...productivityAlerts,
      ],
    },
  ],
};
