import type { RuleFile } from "../domain/alert.ts";
import { capacityAlerts } from "./service/capacity.ts";
import { errorAlerts } from "./service/errors.ts";

/** The second file of ALR-1: whether the gateway serves. */
export const serviceAlerts: RuleFile = {
  path: "monitoring/prometheus/alerts/gateway_alerts.yml",
  title: "Service",
  groups: [{ name: "sark-service", alerts: [...errorAlerts, ...capacityAlerts] }],
};
