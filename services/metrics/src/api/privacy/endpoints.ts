import { json, respond, stream, varies } from "@sark/http-api";
import { z } from "zod";
import { HttpError } from "../../errors/http-errors.ts";
import type { Readable } from "node:stream";
import type { Erasure, Erasures } from "../../privacy/erasures.ts";
import { SECURITY_EVENTS, type SecurityRecords } from "../../tenancy/audit-records.ts";
import { metricsEndpoints } from "../access/define-endpoints.ts";
import { tenantOf } from "../access/tenant-of.ts";
import { nameSchema } from "../parameters/schemas.ts";

export interface PrivacyApi {
  readonly erasures: Pick<Erasures, "request" | "find">;
  exportPerson(tenant: string, user: string): Readable;
  /** Asks for the job that does what was asked for. Must not throw. */
  erasureRequested(tenant: string): void;
  readonly records: Pick<SecurityRecords, "record">;
}

const { endpoint, group } = metricsEndpoints<PrivacyApi>();

const erasure = z
  .object({
    id: z.string(),
    status: z.enum(["pending", "completed"]),
    requested_by: z.string(),
    reason: z.string(),
    requested_at: z.iso.datetime(),
    completed_at: z.iso.datetime().nullable(),
    deleted_rows: z.number().int(),
  })
  .meta({ id: "Erasure" });
const userPath = z.strictObject({ id: nameSchema() });
const example = {
  id: varies("018f3c7e-0000-7000-8000-000000000000", "erasure_id"),
  status: "pending" as const,
  requested_by: varies("acme-admin"),
  reason: "asked for by the person",
  requested_at: varies("2026-11-28T12:00:00.000Z"),
  completed_at: null,
  deleted_rows: 0,
};

export const privacyEndpoints = group({
  title: "Data of a person",
  description:
    "What is kept of a user of the caller's tenant: to be handed out, or deleted. Each request is on record.",
  endpoints: {
    exportPerson: endpoint({
      method: "GET",
      path: "/v1/users/{id}/export",
      summary: "All rows that are kept of a person, a line of JSON each",
      description:
        'The last line is `{"complete":true,"rows":…}`; without it the stream broke off. With `false` in the place of `true` the person was erased meanwhile, and rows are missing.',
      roles: ["admin"],
      input: { path: userPath },
      output: { 200: stream(["application/x-ndjson"], "The rows, each with the name of its table.") },
      errors: ["audit_unavailable"],
      cacheControl: "no-store",
      example: { request: { path: { id: "alice" } }, response: { status: 200 } },
      async handler({ exportPerson, records }, { path: { id }, caller }) {
        const tenant = tenantOf(caller);
        await records.record(caller, {
          type: SECURITY_EVENTS.personalData,
          reason: "exports the data of a person",
          details: { operation: "export", user: id },
        });
        return respond(200, exportPerson(tenant, id), { "content-type": "application/x-ndjson" });
      },
    }),
    erasePerson: endpoint({
      method: "POST",
      path: "/v1/users/{id}/erasure",
      summary: "Deletes all that is kept of a person",
      description:
        "Events, what rolls them up, and the user. It is done in the background, and survives restarts; asked for again before it is done, it is the same erasure. Events that come later are taken.",
      roles: ["admin"],
      input: {
        path: userPath,
        body: z.strictObject({ reason: nameSchema().describe("Why, for the record") }),
      },
      output: { 202: json(erasure, "It is on record that it has to be done.") },
      errors: ["audit_unavailable"],
      example: {
        request: { path: { id: "alice" }, body: { reason: "asked for by the person" } },
        response: { status: 202, body: example },
      },
      async handler(api, { path: { id }, body: { reason }, caller }) {
        const tenant = tenantOf(caller);
        await api.records.record(caller, {
          type: SECURITY_EVENTS.personalData,
          reason: "asks to erase the data of a person",
          details: { operation: "erase", user: id, reason },
        });
        const requested = await api.erasures.request(tenant, {
          user: id,
          requestedBy: caller.principal.id,
          reason,
        });
        api.erasureRequested(tenant);
        return respond(202, toShown(requested));
      },
    }),
    getErasure: endpoint({
      method: "GET",
      path: "/v1/erasures/{id}",
      summary: "Whether an erasure is done",
      roles: ["admin"],
      input: { path: z.strictObject({ id: z.uuid() }) },
      output: { 200: json(erasure, "The erasure.") },
      errors: ["not_found"],
      example: {
        request: { path: { id: example.id } },
        response: { status: 200, body: example },
      },
      async handler({ erasures }, { path: { id }, caller }) {
        const found = await erasures.find(tenantOf(caller), id);
        if (found === null) {
          throw new HttpError("not_found", "There is no such erasure.");
        }
        return respond(200, toShown(found));
      },
    }),
  },
});

function toShown({
  id,
  requestedBy,
  reason,
  requestedAt,
  completedAt,
  deletedRows,
}: Erasure): z.input<typeof erasure> {
  return {
    id,
    status: completedAt === null ? "pending" : "completed",
    requested_by: requestedBy,
    reason,
    requested_at: requestedAt.toISOString(),
    completed_at: completedAt?.toISOString() ?? null,
    deleted_rows: deletedRows,
  };
}
