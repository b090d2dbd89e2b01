import type { Values } from "../values.ts";
import { exporters, outside } from "./exporters.ts";
import { alertmanager, grafana, prometheus } from "./monitoring.ts";
import type { Labels, Manifest, Namespace } from "./parts.ts";
import { gateway, metricsService } from "./services.ts";

/** Files of manifests, by folder and name. */
export type Files = Readonly<
  Record<"services" | "monitoring", Readonly<Record<string, readonly Manifest[]>>>
>;

/**
 * What runs in each installation.
 * @param annotations of pods that read configurations when they start
 */
export function manifests(values: Values, namespace: Namespace, annotations: Labels = {}): Files {
  return {
    services: {
      gateway: gateway(values, annotations),
      "metrics-service": metricsService(values, annotations),
      outside: outside(values),
    },
    monitoring: {
      prometheus: prometheus(values, namespace, annotations),
      alertmanager: alertmanager(values, annotations),
      grafana: grafana(values, annotations),
      exporters: exporters(values),
    },
  };
}
