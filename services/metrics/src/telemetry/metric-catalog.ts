import { deliveryCatalog } from "@sark/audit/delivery";
import { auditCatalog } from "@sark/audit/telemetry";
import {
  instrumentCatalog,
  mergeCatalogs,
  processCatalog,
  type DocumentedCatalog,
} from "@sark/observability/metrics";
import { metricsCatalog } from "./catalog.ts";
import { sharedCatalog } from "./shared-catalog.ts";
import { liveCatalog } from "./live-catalog.ts";
import { jobCatalog } from "./job-catalog.ts";
import { runtimeCatalog } from "./runtime-catalog.ts";
import { webhookCatalog } from "./webhook-catalog.ts";

/** Every metric that the service exposes: its own and those of the libraries. */
export const catalog = mergeCatalogs(
  instrumentCatalog,
  processCatalog,
  metricsCatalog,
  liveCatalog,
  jobCatalog,
  webhookCatalog,
  sharedCatalog,
  runtimeCatalog,
  auditCatalog,
  deliveryCatalog,
) satisfies DocumentedCatalog;
export type FullCatalog = typeof catalog;
