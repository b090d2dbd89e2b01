import type { AuthorizationQuery, PolicyResource } from "../../domain/authorization.ts";
import { isJsonObject, type Json, type JsonObject } from "@sark/json";
import type { Principal } from "../../domain/principal.ts";

/**
 * The `input` document: the query as it is (`principal`, `action`, `resource`, `context`), and the
 * same again under the names that SARK's rego reads (`user`, `tool`, `server`, `source_agent`, `target_agent`).
 * `context.timestamp` (nanoseconds, for `time.clock`) is always the gateway's clock.
 */
export function toOpaInput(query: AuthorizationQuery, nowMs: number): JsonObject {
  const { principal, action, resource, context } = query;
  // What a credential is for is looked at elsewhere: it is no policy's matter.
  const { scope: _scope, tokenScopes: _tokenScopes, ...shown } = principal;
  return {
    principal: { ...shown, roles: [...principal.roles] },
    action,
    resource: { ...resource },
    context: { ...context, timestamp: nowMs * 1_000_000 },
    user: toUser(principal),
    ...sarkResource(resource, context),
    ...(resource.type === "agent"
      ? {
          source_agent: { ...principal.attributes, ...typed(principal.attributes), id: principal.id },
          target_agent: {
            environment: context["target_environment"] ?? null,
            ...resource.attributes,
            ...typed(resource.attributes),
            id: resource.id,
          },
        }
      : {}),
  };
}

function toUser(principal: Principal): JsonObject {
  const { id, type, tenant, actor, roles, attributes } = principal;
  return { teams: [], ...attributes, id, type, tenant, actor, roles: [...roles], role: roles[0] ?? "" };
}

function sarkResource(resource: PolicyResource, context: JsonObject): JsonObject {
  switch (resource.type) {
    case "tool": {
      const { name, server, sensitivity } = resource;
      const parameters = isJsonObject(context["parameters"] ?? null) ? (context["parameters"] as Json) : {};
      return {
        tool: { name, server_name: server, sensitivity_level: sensitivity, parameters },
        server: { name: server },
      };
    }
    case "resource":
    case "prompt":
      return { server: { name: resource.server } };
    case "server":
      return { server: { name: resource.name, sensitivity_level: resource.sensitivity } };
    case "agent":
    case "gateway":
      return {};
  }
}

/** SARK's rego reads an agent's type as `type`. */
function typed(attributes: JsonObject): JsonObject {
  const { agent_type: type } = attributes;
  return type === undefined ? {} : { type };
}
