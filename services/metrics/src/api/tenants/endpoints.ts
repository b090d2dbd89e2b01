import { json, respond, varies } from "@sark/http-api";
import { z } from "zod";
import type { SecurityRecords } from "../../tenancy/audit-records.ts";
import { SECURITY_EVENTS } from "../../tenancy/audit-records.ts";
import type { TenantKeys } from "../../tenancy/keys.ts";
import type { Tenant, Tenants } from "../../tenancy/tenants.ts";
import { metricsEndpoints } from "../access/define-endpoints.ts";
import { tenantOf } from "../access/tenant-of.ts";
import { HttpError } from "../../errors/http-errors.ts";
import { pageOf } from "../parameters/page.ts";
import { exampleIssued, exampleKey, issued, newKey } from "../keys/schemas.ts";
import { issueKey } from "../keys/issue-key.ts";
import { nameSchema, pageQuery } from "../parameters/schemas.ts";

export interface TenantsApi {
  readonly tenants: Tenants;
  readonly records: Pick<SecurityRecords, "record">;
  readonly keys: Pick<TenantKeys, "issue">;
  /** Within which a tenant chooses how long its raw events are kept; `default`: of tenants that the platform says nothing of. */
  readonly retention: { readonly minDays: number; readonly defaultDays: number };
  /** Forgets what is remembered of keys and tenants. */
  changed(): void;
}

const { endpoint, group } = metricsEndpoints<TenantsApi>();

const retention = z.number().int().min(1).max(36_500).nullable();
const quota = z.number().int().min(1).max(1_000_000_000_000).nullable();
const shown = z
  .object({
    id: z.string(),
    name: z.string(),
    retention_days: retention.describe(
      "Days that raw events are kept, as the platform has it; `null`: as the service is configured",
    ),
    own_retention_days: retention.describe("Fewer days that the tenant has chosen; `null`: none"),
    events_per_day: quota.describe(
      "New events of a day (UTC), over all replicas; `null`: as many as it likes",
    ),
    created_at: z.iso.datetime(),
    suspended_at: z.iso.datetime().nullable(),
  })
  .meta({ id: "Tenant" });
const path = z.strictObject({ id: nameSchema() });
const example = {
  id: "acme",
  name: "Acme",
  retention_days: 30,
  own_retention_days: null,
  events_per_day: null,
  created_at: varies("2026-11-28T12:00:00.000Z"),
  suspended_at: null,
};
const exampleFirstKey = {
  ...exampleIssued,
  api_key: {
    ...exampleKey,
    name: "first",
    principal: "acme-admin",
    type: "user",
    roles: ["admin"],
    created_by: varies("platform"),
  },
};

export const tenantEndpoints = group({
  title: "Tenants",
  description:
    "Made and changed by the platform; each change is a security event of the log. A tenant sees itself.",
  endpoints: {
    createTenant: endpoint({
      method: "POST",
      path: "/v1/platform/tenants",
      summary: "A new tenant",
      roles: ["platform"],
      input: {
        body: z.strictObject({
          id: nameSchema(),
          name: nameSchema(),
          retention_days: retention.optional(),
          events_per_day: quota.optional(),
        }),
      },
      output: { 201: json(shown, "The tenant.") },
      errors: ["conflict", "audit_unavailable"],
      example: {
        request: { body: { id: "acme", name: "Acme", retention_days: 30 } },
        response: { status: 201, body: example },
      },
      async handler({ tenants, records, changed }, { body, caller }) {
        const { id, name, retention_days: retentionDays = null, events_per_day: eventsPerDay = null } = body;
        await records.record(caller, {
          type: SECURITY_EVENTS.tenantChange,
          reason: `makes the tenant ${id}`,
          details: { operation: "create", tenant: id },
        });
        const made = await tenants.create({ id, name, retentionDays, eventsPerDay });
        if (made === null) {
          throw new HttpError("conflict", "There is a tenant of this id.", { field: "id" });
        }
        changed();
        return respond(201, toShown(made));
      },
    }),
    listTenants: endpoint({
      method: "GET",
      path: "/v1/platform/tenants",
      summary: "Tenants by their ids",
      roles: ["platform"],
      input: { query: pageQuery },
      output: {
        200: json(z.object({ tenants: z.array(shown), next_cursor: z.string().nullable() }), "A page."),
      },
      errors: [],
      example: { response: { status: 200, body: { tenants: [example], next_cursor: null } } },
      async handler({ tenants }, { query }) {
        const { entries, next_cursor } = await pageOf(query, (after, limit) => tenants.list(after, limit));
        return respond(200, { tenants: entries.map(toShown), next_cursor });
      },
    }),
    changeTenant: endpoint({
      method: "PATCH",
      path: "/v1/platform/tenants/{id}",
      summary: "Changes a tenant, or suspends it",
      description: "The keys and tokens of a suspended tenant are refused within five seconds.",
      roles: ["platform"],
      input: {
        path,
        body: z.strictObject({
          name: nameSchema().optional(),
          retention_days: retention.optional(),
          events_per_day: quota.optional(),
          suspended: z.boolean().optional(),
        }),
      },
      output: { 200: json(shown, "The tenant from now on.") },
      errors: ["not_found", "audit_unavailable"],
      example: {
        request: { path: { id: "acme" }, body: { name: "Acme" } },
        response: { status: 200, body: example },
      },
      async handler({ tenants, records, changed }, { path: { id }, body, caller }) {
        const { name, retention_days: retentionDays, events_per_day: eventsPerDay, suspended } = body;
        await records.record(caller, {
          type: SECURITY_EVENTS.tenantChange,
          reason: `changes the tenant ${id}`,
          details: {
            operation: "change",
            tenant: id,
            change: { ...body } as Record<string, string | number | boolean | null>,
          },
        });
        const tenant = await tenants.change(id, {
          ...(name === undefined ? {} : { name }),
          ...(retentionDays === undefined ? {} : { retentionDays }),
          ...(eventsPerDay === undefined ? {} : { eventsPerDay }),
          ...(suspended === undefined ? {} : { suspended }),
        });
        changed();
        return respond(200, toShown(found(tenant)));
      },
    }),
    issueFirstKey: endpoint({
      method: "POST",
      path: "/v1/platform/tenants/{id}/keys",
      summary: "A key of a tenant, for its first administrator",
      roles: ["platform"],
      input: { path, body: newKey },
      output: { 201: json(issued, "The key.") },
      errors: ["not_found", "audit_unavailable"],
      cacheControl: "no-store",
      example: {
        request: {
          path: { id: "acme" },
          body: { name: "first", principal: "acme-admin", type: "user", roles: ["admin"] },
        },
        response: { status: 201, body: exampleFirstKey },
      },
      async handler({ tenants, keys, records }, { path: { id }, body, caller }) {
        found(await tenants.find(id));
        return respond(201, await issueKey({ keys, records }, caller, id, body));
      },
    }),
    ownTenant: endpoint({
      method: "GET",
      path: "/v1/tenant",
      summary: "The tenant of the caller",
      roles: ["admin", "sender", "viewer"],
      output: { 200: json(shown, "The tenant.") },
      errors: ["not_found"],
      example: { response: { status: 200, body: example } },
      handler: async ({ tenants }, { caller }) =>
        respond(200, toShown(found(await tenants.find(tenantOf(caller))))),
    }),
    chooseRetention: endpoint({
      method: "PUT",
      path: "/v1/tenant/retention",
      summary: "How long the tenant's raw events are kept, where it wants it shorter",
      description:
        "From `retention.minDays` to what the platform keeps; `null`: as long as that. Within 20 minutes events that are older are refused, and with the next run of the job after `retention.notice` they are deleted for good; their counts stay. Where the platform keeps less later, that counts.",
      roles: ["admin"],
      input: { body: z.strictObject({ retention_days: retention }) },
      output: { 200: json(shown, "The tenant from now on.") },
      errors: ["not_found", "audit_unavailable"],
      example: {
        request: { body: { retention_days: 14 } },
        response: { status: 200, body: { ...example, own_retention_days: 14 } },
      },
      async handler({ tenants, records, retention: bounds }, { body, caller }) {
        const id = tenantOf(caller);
        const tenant = found(await tenants.find(id));
        const { retention_days: days } = body;
        checkDays(days, bounds.minDays, tenant.retentionDays ?? bounds.defaultDays);
        await records.record(caller, {
          type: SECURITY_EVENTS.tenantChange,
          reason: "chooses how long the tenant's events are kept",
          details: { operation: "choose_retention", tenant: id, from: tenant.ownRetentionDays, to: days },
        });
        return respond(200, toShown(found(await tenants.change(id, { ownRetentionDays: days }))));
      },
    }),
  },
});

function found(tenant: Tenant | null): Tenant {
  if (tenant === null) {
    throw new HttpError("not_found", "There is no such tenant.");
  }
  return tenant;
}

/** Of a platform that keeps less than a tenant has to choose from, its own number alone may be chosen. */
function checkDays(days: number | null, min: number, max: number): void {
  if (days !== null && (days > max || days < Math.min(min, max))) {
    throw new HttpError("invalid_request", `retention_days: must be from ${Math.min(min, max)} to ${max}`, {
      field: "retention_days",
    });
  }
}

function toShown({
  id,
  name,
  retentionDays,
  ownRetentionDays,
  eventsPerDay,
  createdAt,
  suspendedAt,
}: Tenant) {
  return {
    id,
    name,
    retention_days: retentionDays,
    own_retention_days: ownRetentionDays,
    events_per_day: eventsPerDay,
    created_at: createdAt.toISOString(),
    suspended_at: suspendedAt?.toISOString() ?? null,
  };
}
