import type { Incidents } from "./incident.ts";
import { capacityIncidents } from "./incidents/capacity.ts";
import { clusterIncidents } from "./incidents/cluster.ts";
import { costIncidents } from "./incidents/cost.ts";
import { dependencyIncidents } from "./incidents/dependencies.ts";
import { gatewayIncidents } from "./incidents/gateway.ts";
import { hostIncidents } from "./incidents/hosts.ts";
import { metricsServiceIncidents } from "./incidents/metrics-service.ts";
import { securityIncidents } from "./incidents/security.ts";
import { watchingIncidents } from "./incidents/watching.ts";

/** For each alert one that provokes it. */
export const INCIDENTS: Incidents = {
  ...watchingIncidents,
  ...gatewayIncidents,
  ...dependencyIncidents,
  ...securityIncidents,
  ...costIncidents,
  ...hostIncidents,
  ...capacityIncidents,
  ...clusterIncidents,
  ...metricsServiceIncidents,
};
