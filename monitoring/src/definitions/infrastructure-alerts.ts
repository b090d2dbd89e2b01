import type { RuleFile } from "../domain/alert.ts";
import { capacityAlerts } from "./infrastructure/capacity.ts";
import { clusterAlerts } from "./infrastructure/cluster.ts";
import { dependencyAlerts } from "./infrastructure/dependencies.ts";
import { hostAlerts } from "./infrastructure/hosts.ts";

/** ALR-3, SVC-3: machines, their capacity, the cluster, and what the gateway depends on. */
export const infrastructureAlerts: RuleFile = {
  path: "monitoring/prometheus/alerts/infrastructure_alerts.yml",
  title: "Infrastructure",
  groups: [
    {
      name: "sark-infrastructure",
      alerts: [...hostAlerts, ...capacityAlerts, ...clusterAlerts, ...dependencyAlerts],
    },
  ],
};
