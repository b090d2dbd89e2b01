import { introduced } from "@sark/observability/metrics";

export const TENANTS = "tenant";
/** Tenants with series of their own; the rest is `other`. */
export const MAX_TENANTS = 200;

/** Of all metrics that tell tenants apart: a tenant has series of its own once it has been seen with a good credential. */
export const tenantLabel = introduced(TENANTS, MAX_TENANTS);
