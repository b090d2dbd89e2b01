import type { ApiOf } from "@sark/http-api";
import { healthEndpoints } from "./health/endpoints.ts";
import { ingestEndpoints } from "./ingest/endpoints.ts";
import { jobEndpoints } from "./jobs/endpoints.ts";
import { kpiEndpoints } from "./kpis/endpoints.ts";
import { keyEndpoints } from "./keys/endpoints.ts";
import { liveEndpoints } from "./live/endpoints.ts";
import { metricsGroup } from "./metrics/endpoints.ts";
import { openApiEndpoints } from "./openapi/endpoints.ts";
import { operationsEndpoints } from "./operations/endpoints.ts";
import { privacyEndpoints } from "./privacy/endpoints.ts";
import { tenantEndpoints } from "./tenants/endpoints.ts";
import { userEndpoints } from "./users/endpoints.ts";
import { webhookDeliveryEndpoints } from "./webhooks/delivery-endpoints.ts";
import { webhookEndpoints } from "./webhooks/endpoints.ts";

/** The API of the service, in the order of its documentation. A new group is one more line here. */
export const TABLE = {
  ingest: ingestEndpoints,
  live: liveEndpoints,
  kpis: kpiEndpoints,
  users: userEndpoints,
  privacy: privacyEndpoints,
  webhooks: webhookEndpoints,
  webhookDeliveries: webhookDeliveryEndpoints,
  keys: keyEndpoints,
  tenants: tenantEndpoints,
  jobs: jobEndpoints,
  operations: operationsEndpoints,
  health: healthEndpoints,
  metrics: metricsGroup,
  openApi: openApiEndpoints,
} as const;

/** What the handlers of each group work on. */
export type Apis = { readonly [Name in keyof typeof TABLE]: ApiOf<(typeof TABLE)[Name]> };
