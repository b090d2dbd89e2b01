import type { CedarValueJson } from "@cedar-policy/cedar-wasm/nodejs";
import type { Action, PolicyResource } from "../../domain/authorization.ts";
import type { Principal } from "../../domain/principal.ts";
import { ACTION_GROUPS } from "./actions.ts";
import type { RequestEntity, Uid } from "./entity-graph.ts";
import { newAllowance, toCedarValue } from "./to-cedar-value.ts";

const GATEWAY: Uid = { type: "Gateway", id: "gateway" };

/** `User::"alice"` or `Agent::"bot"`, in its roles (`Role::"admin"`) and its tenant (`Tenant::"acme"`). */
export function principalEntity(principal: Principal): RequestEntity {
  const { id, type, tenant, roles, actor } = principal;
  return {
    uid: { type: type === "agent" ? "Agent" : "User", id: checked(id) },
    attrs: {
      id,
      type,
      roles: roles.map(checked),
      attributes: toCedarValue(principal.attributes, newAllowance()),
      ...(tenant === null ? {} : { tenant: checked(tenant) }),
      ...(actor === null ? {} : { actor: checked(actor) }),
    },
    parents: [
      ...roles.map((role) => ({ type: "Role", id: role })),
      ...(tenant === null ? [] : [{ type: "Tenant", id: tenant }]),
    ],
  };
}

export function actionEntity(action: Action): RequestEntity {
  return {
    uid: { type: "Action", id: action },
    attrs: {},
    parents: ACTION_GROUPS[action].map((id) => ({ type: "Action", id })),
  };
}

/** `Tool::"server/name"`, `Resource::"server/uri"`, `Prompt::"server/name"`: each in its `Server::"server"`. */
export function resourceEntity(resource: PolicyResource): RequestEntity {
  switch (resource.type) {
    case "tool":
      return ofServer("Tool", resource.server, resource.name, { sensitivity: resource.sensitivity });
    case "prompt":
      return ofServer("Prompt", resource.server, resource.name, { sensitivity: resource.sensitivity });
    case "resource":
      return ofServer("Resource", resource.server, resource.uri, {
        uri: resource.uri,
        sensitivity: resource.sensitivity,
      });
    case "server":
      return {
        uid: { type: "Server", id: checked(resource.name) },
        attrs: { name: resource.name, server: resource.name, sensitivity: resource.sensitivity },
        parents: [GATEWAY],
      };
    case "agent":
      return {
        uid: { type: "Agent", id: checked(resource.id) },
        attrs: {
          id: resource.id,
          type: "agent",
          roles: [],
          attributes: toCedarValue(resource.attributes, newAllowance()),
        },
        parents: [],
      };
    case "gateway":
      return { uid: GATEWAY, attrs: {}, parents: [] };
  }
}

function ofServer(
  type: string,
  server: string,
  name: string,
  attributes: Record<string, CedarValueJson>,
): RequestEntity {
  return {
    uid: { type, id: checked(`${withoutSlash(server)}/${name}`) },
    attrs: { name, server, ...attributes },
    parents: [{ type: "Server", id: server }, GATEWAY],
  };
}

/** Configured names have no slash; one that a REST caller made up must not pass for another server's tool. */
function withoutSlash(server: string): string {
  return server.replaceAll("%", "%25").replaceAll("/", "%2F");
}

function checked(text: string): string {
  return toCedarValue(text, newAllowance()) as string;
}
