import { deliveryCatalog } from "@sark/audit/delivery";
import { auditCatalog } from "@sark/audit/telemetry";
import {
  instrumentCatalog,
  mergeCatalogs,
  processCatalog,
  type DocumentedCatalog,
} from "@sark/observability/metrics";
import { gatewayCatalog } from "./catalog.ts";
import { quotaCatalog } from "./quota-catalog.ts";
import { replicaCatalog } from "./replica-catalog.ts";
import { runtimeCatalog } from "./runtime-catalog.ts";
import { sessionCatalog } from "./session-catalog.ts";
import { transparencyLogCatalog } from "./transparency-log-catalog.ts";

/** Every metric that the gateway records: its own and those of the audit library (MET-12). */
export const catalog = mergeCatalogs(
  gatewayCatalog,
  quotaCatalog,
  auditCatalog,
  transparencyLogCatalog,
  deliveryCatalog,
  instrumentCatalog,
  sessionCatalog,
  replicaCatalog,
  runtimeCatalog,
  processCatalog,
) satisfies DocumentedCatalog;
