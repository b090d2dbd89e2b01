import { empty, json, respond } from "@sark/http-api";
import { validate } from "@sark/observability/validation";
import { z } from "zod";
import type { SecurityRecords } from "../../tenancy/audit-records.ts";
import type { ApiKey, TenantKeys } from "../../tenancy/keys.ts";
import { metricsEndpoints } from "../access/define-endpoints.ts";
import { tenantOf } from "../access/tenant-of.ts";
import { HttpError } from "../../errors/http-errors.ts";
import { pageOf } from "../parameters/page.ts";
import { issueKey, recordKeyChange as onRecord, toIssued, toShownKey } from "./issue-key.ts";
import { apiKey, exampleIssued, exampleKey, issued, newKey } from "./schemas.ts";
import { pageQuery } from "../parameters/schemas.ts";

export interface KeysApi {
  readonly keys: TenantKeys;
  readonly records: Pick<SecurityRecords, "record">;
  /** Forgets what is remembered of keys. */
  changed(): void;
}

const { endpoint, group } = metricsEndpoints<KeysApi>();

const path = z.strictObject({ id: z.uuid() });
const rotation = z.strictObject({
  overlap_seconds: z
    .number()
    .int()
    .min(0)
    .max(30 * 86_400)
    .default(3_600)
    .describe("The key before is good for so much longer"),
});
export const keyEndpoints = group({
  title: "API keys",
  description:
    "Keys of the caller's tenant. Only a digest of each is kept. Each change is a security event of the log, committed before it is made.",
  endpoints: {
    issueKey: endpoint({
      method: "POST",
      path: "/v1/api-keys",
      summary: "A new key",
      roles: ["admin"],
      input: { body: newKey },
      output: { 201: json(issued, "The key.") },
      errors: ["audit_unavailable"],
      cacheControl: "no-store",
      example: {
        request: { body: { name: "ingest", principal: "collector", roles: ["sender"] } },
        response: { status: 201, body: exampleIssued },
      },
      async handler(api, { body, caller }) {
        return respond(201, await issueKey(api, caller, tenantOf(caller), body));
      },
    }),
    listKeys: endpoint({
      method: "GET",
      path: "/v1/api-keys",
      summary: "Keys by their ids, those withdrawn included",
      roles: ["admin"],
      input: { query: pageQuery },
      output: {
        200: json(z.object({ api_keys: z.array(apiKey), next_cursor: z.string().nullable() }), "A page."),
      },
      errors: [],
      example: { response: { status: 200, body: { api_keys: [exampleKey], next_cursor: null } } },
      async handler({ keys }, { query, caller }) {
        const tenant = tenantOf(caller);
        const { entries, next_cursor } = await pageOf<ApiKey>(
          query,
          (after, limit) => keys.list(tenant, after, limit),
          (id) => validate(z.uuid(), id).valid,
        );
        return respond(200, { api_keys: entries.map(toShownKey), next_cursor });
      },
    }),
    rotateKey: endpoint({
      method: "POST",
      path: "/v1/api-keys/{id}/rotate",
      summary: "Another key in the place of this one",
      roles: ["admin"],
      input: { path, body: rotation },
      output: { 200: json(issued, "The new key.") },
      errors: ["not_found", "audit_unavailable"],
      cacheControl: "no-store",
      example: {
        request: { path: { id: exampleKey.id }, body: { overlap_seconds: 60 } },
        response: { status: 200, body: exampleIssued },
      },
      async handler(api, { path: { id }, body, caller }) {
        const tenant = tenantOf(caller);
        await onRecord(api, caller, "rotate", { key: id });
        const rotated = await api.keys.rotate(tenant, id, body.overlap_seconds);
        api.changed();
        if (rotated === null) {
          throw noKey();
        }
        return respond(200, toIssued(rotated));
      },
    }),
    revokeKey: endpoint({
      method: "DELETE",
      path: "/v1/api-keys/{id}",
      summary: "Withdraws a key",
      description: "It is refused at once here, and within five seconds by other replicas.",
      roles: ["admin"],
      input: { path },
      output: { 204: empty("The key is withdrawn.") },
      errors: ["not_found", "audit_unavailable"],
      example: { request: { path: { id: exampleKey.id } }, response: { status: 204 } },
      async handler(api, { path: { id }, caller }) {
        const tenant = tenantOf(caller);
        await onRecord(api, caller, "revoke", { key: id });
        const revoked = await api.keys.revoke(tenant, id);
        api.changed();
        if (!revoked) {
          throw noKey();
        }
        return respond(204, undefined);
      },
    }),
  },
});

function noKey(): HttpError {
  return new HttpError("not_found", "There is no such key.");
}
