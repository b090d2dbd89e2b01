import type { Action, AuthorizationQuery, PolicyResource, Sensitivity } from "../domain/authorization.ts";
import type { Caller, McpCall } from "../domain/governance.ts";
import type { JsonObject } from "@sark/json";

const ACTION_OF: Record<McpCall["kind"], Action> = {
  tool: "gateway:tool:invoke",
  resource: "gateway:resource:read",
  prompt: "gateway:prompt:get",
  listing: "gateway:tool:discover",
  response: "gateway:server:info",
  session: "gateway:server:info",
  other: "gateway:method:call",
};

/** What policy is asked about a call. */
export function toQuery(call: McpCall, caller: Caller, sensitivity: Sensitivity): AuthorizationQuery {
  const context: JsonObject = { method: call.method };
  if (call.arguments !== null) {
    context["parameters"] = call.arguments;
  }
  if (call.params !== null) {
    context["params"] = call.params;
  }
  return {
    principal: caller.principal,
    action: ACTION_OF[call.kind],
    resource: toResource(call, sensitivity),
    context,
  };
}

/** May the caller use this at all? Asked without arguments, to filter a listing. */
export function toVisibilityQuery(
  kind: "tool" | "resource" | "prompt",
  server: string,
  target: string,
  caller: Caller,
  sensitivity: Sensitivity,
): AuthorizationQuery {
  return {
    principal: caller.principal,
    action: ACTION_OF[kind],
    resource: toResource({ kind, server, target }, sensitivity),
    context: {},
  };
}

function toResource(
  call: Pick<McpCall, "kind" | "server" | "target">,
  sensitivity: Sensitivity,
): PolicyResource {
  const { kind, server, target } = call;
  if (target === null) {
    return { type: "server", name: server, sensitivity };
  }
  switch (kind) {
    case "tool":
      return { type: "tool", server, name: target, sensitivity };
    case "prompt":
      return { type: "prompt", server, name: target, sensitivity };
    case "resource":
      return { type: "resource", server, uri: target, sensitivity };
    case "listing":
    case "response":
    case "session":
    case "other":
      return { type: "server", name: server, sensitivity };
  }
}
