import type { ApiOf } from "@sark/http-api";
import { auditEndpoints } from "./audit/endpoints.ts";
import { decisionEndpoints } from "./decisions/endpoints.ts";
import { deliveryEndpoints } from "./deliveries/endpoints.ts";
import { drainingEndpoints } from "./draining/endpoints.ts";
import { healthEndpoints } from "./health/endpoints.ts";
import { logLevelEndpoints } from "./log-levels/endpoints.ts";
import { limitEndpoints } from "./limits/endpoints.ts";
import { metricsEndpoints } from "./metrics/endpoints.ts";
import { policyEndpoints } from "./policies/endpoints.ts";
import { profileEndpoints } from "./profiles/endpoints.ts";
import { protectedResourceEndpoints } from "./protected-resources/endpoints.ts";
import { sessionEndpoints } from "./sessions/endpoints.ts";
import { statusEndpoints } from "./status/endpoints.ts";
import { toolEndpoints } from "./tools/endpoints.ts";
import { upstreamEndpoints } from "./upstreams/endpoints.ts";
import { quotaEndpoints } from "./quotas/endpoints.ts";
import { openApiEndpoints } from "./openapi/endpoints.ts";

/**
 * The API of the gateway, in the order of its documentation: method, path, roles, input, output, errors and handler of
 * every endpoint. A new group is one more line here.
 */
export const TABLE = {
  decisions: decisionEndpoints,
  audit: auditEndpoints,
  deliveries: deliveryEndpoints,
  limits: limitEndpoints,
  sessions: sessionEndpoints,
  status: statusEndpoints,
  quotas: quotaEndpoints,
  draining: drainingEndpoints,
  policies: policyEndpoints,
  tools: toolEndpoints,
  upstreams: upstreamEndpoints,
  logLevels: logLevelEndpoints,
  profiles: profileEndpoints,
  protectedResources: protectedResourceEndpoints,
  health: healthEndpoints,
  metrics: metricsEndpoints,
  openApi: openApiEndpoints,
} as const;

/** What the handlers of each group work on. */
export type Apis = { readonly [Name in keyof typeof TABLE]: ApiOf<(typeof TABLE)[Name]> };
