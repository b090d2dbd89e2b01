import { json, respond } from "@sark/http-api";
import { z } from "zod";
import { SECURITY_EVENTS, type SecurityRecords } from "../../tenancy/audit-records.ts";
import type { User, Users } from "../../tenancy/users.ts";
import { metricsEndpoints } from "../access/define-endpoints.ts";
import { tenantOf } from "../access/tenant-of.ts";
import { HttpError } from "../../errors/http-errors.ts";
import { pageOf } from "../parameters/page.ts";
import { nameSchema, pageQuery } from "../parameters/schemas.ts";

export interface UsersApi {
  readonly users: Users;
  readonly records: Pick<SecurityRecords, "record">;
}

const { endpoint, group } = metricsEndpoints<UsersApi>();

const shown = z
  .object({
    id: z.string(),
    name: z.string().nullable(),
    role: z.string().nullable().describe("Stands in scores that name none"),
    team: z.string().nullable().describe("Stands in scores that name none"),
  })
  .meta({ id: "User" });
const path = z.strictObject({ id: nameSchema() });
const example = { id: "alice", name: "Alice", role: "engineer", team: "research" };

export const userEndpoints = group({
  title: "Users",
  description: "Whom events are about. Events may name users that are not listed here.",
  endpoints: {
    putUser: endpoint({
      method: "PUT",
      path: "/v1/users/{id}",
      summary: "Makes a user, or changes it",
      roles: ["admin"],
      input: {
        path,
        body: z.strictObject({
          name: nameSchema().nullable().optional(),
          role: nameSchema(100).nullable().optional(),
          team: nameSchema(100).nullable().optional(),
        }),
      },
      output: { 200: json(shown, "The user from now on.") },
      errors: ["audit_unavailable"],
      example: {
        request: { path: { id: "alice" }, body: { name: "Alice", role: "engineer", team: "research" } },
        response: { status: 200, body: example },
      },
      async handler({ users, records }, { path: { id }, body, caller }) {
        const tenant = tenantOf(caller);
        const { name = null, role = null, team = null } = body;
        await records.record(caller, {
          type: SECURITY_EVENTS.userChange,
          reason: "puts a user",
          details: { operation: "put", user: id },
        });
        return respond(200, { ...(await users.put(tenant, { id, name, role, team })) });
      },
    }),
    listUsers: endpoint({
      method: "GET",
      path: "/v1/users",
      summary: "Users by their ids",
      roles: ["admin", "viewer"],
      input: { query: pageQuery },
      output: {
        200: json(z.object({ users: z.array(shown), next_cursor: z.string().nullable() }), "A page."),
      },
      errors: [],
      example: { response: { status: 200, body: { users: [example], next_cursor: null } } },
      async handler({ users }, { query, caller }) {
        const tenant = tenantOf(caller);
        const { entries, next_cursor } = await pageOf<User>(query, (after, limit) =>
          users.list(tenant, after, limit),
        );
        return respond(200, { users: entries, next_cursor });
      },
    }),
    getUser: endpoint({
      method: "GET",
      path: "/v1/users/{id}",
      summary: "One user",
      roles: ["admin", "viewer"],
      input: { path },
      output: { 200: json(shown, "The user.") },
      errors: ["not_found"],
      example: { request: { path: { id: "alice" } }, response: { status: 200, body: example } },
      async handler({ users }, { path: { id }, caller }) {
        const user = await users.find(tenantOf(caller), id);
        if (user === null) {
          throw new HttpError("not_found", "There is no such user.");
        }
        return respond(200, user);
      },
    }),
  },
});
