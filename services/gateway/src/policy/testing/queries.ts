import type { AuthorizationQuery, PolicyResource, Sensitivity } from "../../domain/authorization.ts";
import type { Principal } from "../../domain/principal.ts";

/** Principals, resources and queries for tests: what a test does not say is unremarkable. */
export function user(id: string, over: Partial<Principal> = {}): Principal {
  return { id, type: "user", actor: null, tenant: null, roles: [], attributes: {}, method: "jwt", ...over };
}

export function agent(
  id: string,
  attributes: Principal["attributes"],
  over: Partial<Principal> = {},
): Principal {
  return user(id, { type: "agent", attributes, ...over });
}

export function tool(name: string, sensitivity: Sensitivity = "low", server = "everything"): PolicyResource {
  return { type: "tool", server, name, sensitivity };
}

export function query(over: Partial<AuthorizationQuery> = {}): AuthorizationQuery {
  return {
    principal: user("alice"),
    action: "gateway:tool:invoke",
    resource: tool("echo"),
    context: { method: "tools/call", parameters: {} },
    ...over,
  };
}
