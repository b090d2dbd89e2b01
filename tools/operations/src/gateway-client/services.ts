import { join } from "node:path";
import { isLoopback } from "@sark/observability/forms";
import { localAdminKeyFile, localUrl } from "../local-gateway.ts";
import type { Environment } from "../terminal/style.ts";

/** A service that tools look after: how it is found, and what a key of it is found by. */
export interface ServiceKind {
  /** As messages name it. */
  readonly name: string;
  readonly urlVariable: string;
  readonly keyVariable: string;
  /** Where one on this machine listens, by the variables that tell itself. */
  localUrl(environment: Environment): string;
  /** File of the key that it made on its first start. */
  localKeyFile(environment: Environment): string;
}

export const SERVICES = {
  gateway: {
    name: "gateway",
    urlVariable: "GATEWAY_URL",
    keyVariable: "GATEWAY_API_KEY",
    localUrl: (environment) => {
      const section = environment["SARK_ADMIN_PORT"] ? "SARK_ADMIN" : "SARK_HTTP";
      return localUrl(environment[`${section}_HOST`], environment[`${section}_PORT`] || "8000");
    },
    localKeyFile: localAdminKeyFile,
  },
  metrics: {
    name: "metrics service",
    urlVariable: "METRICS_SERVICE_URL",
    keyVariable: "METRICS_SERVICE_API_KEY",
    localUrl: (environment) =>
      localUrl(environment["METRICS_HTTP_HOST"], environment["METRICS_HTTP_PORT"] || "8100"),
    localKeyFile: (environment) =>
      join(environment["METRICS_DATA_DIRECTORY"] || ".sark/metrics", "platform.key"),
  },
} as const satisfies Record<string, ServiceKind>;

/** Whether a URL is that of a service on this machine, as far as can be told. */
export function isLocalService(url: string, service: ServiceKind, environment: Environment): boolean {
  const { hostname, origin } = new URL(url);
  return isLoopback(hostname) || origin === new URL(service.localUrl(environment)).origin;
}
