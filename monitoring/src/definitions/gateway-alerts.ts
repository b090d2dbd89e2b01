import type { RuleFile } from "../domain/alert.ts";
import { cacheAlerts } from "./gateway/cache.ts";
import { latencyAlerts } from "./gateway/latency.ts";
import { refusalAlerts } from "./gateway/refusals.ts";
import { trafficAlerts } from "./gateway/traffic.ts";

/** The ten rules of ALR-1. */
export const gatewayAlerts: RuleFile = {
  path: "monitoring/prometheus/rules/gateway-alerts.yaml",
  title: "Gateway",
  groups: [
    { name: "sark-gateway", alerts: [...latencyAlerts, ...refusalAlerts, ...cacheAlerts, ...trafficAlerts] },
  ],
};
