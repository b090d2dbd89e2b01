import {
  SENSITIVITY_LEVELS,
  type AuthorizationQuery,
  type PolicyResource,
  type Sensitivity,
} from "../../domain/authorization.ts";
import type { AuditSubject, Authorize } from "../../domain/authorizer.ts";
import type { Caller } from "../../domain/governance.ts";
import { HttpError } from "../../transport/errors.ts";
import { contextParams } from "./context-params.ts";
import { showAuthorization } from "./presentation.ts";
import type { Authorization } from "./responses.ts";
import type { AuthorizeBody } from "./schemas.ts";

/** How sensitive a server, or a tool of it, is by configuration. */
export type SensitivityOf = (server: string, tool: string | null) => Sensitivity;

/** Decides, and commits the record of it before the response. */
export function createAuthorizeHandler(deps: {
  readonly authorize: Authorize;
  readonly sensitivityOf: SensitivityOf;
}): (request: AuthorizeBody, caller: Caller) => Promise<Authorization> {
  return async (request, caller) => {
    const query = toQuery(request, caller, deps.sensitivityOf);
    return showAuthorization(await deps.authorize(query, caller, toSubject(request)));
  };
}

function toQuery(request: AuthorizeBody, caller: Caller, sensitivityOf: SensitivityOf): AuthorizationQuery {
  return {
    principal: caller.principal,
    action: request.action,
    resource: toResource(request, sensitivityOf),
    context: {
      ...request.context,
      parameters: request.parameters,
      gateway_metadata: request.gateway_metadata,
    },
  };
}

function toResource(request: AuthorizeBody, sensitivityOf: SensitivityOf): PolicyResource {
  const server = request.server_name ?? null;
  const tool = request.tool_name ?? null;
  if (request.action === "gateway:tool:invoke") {
    const missing = server === null ? "server_name" : tool === null ? "tool_name" : null;
    if (missing !== null) {
      throw new HttpError("invalid_request", `${missing}: required for ${request.action}`, {
        field: missing,
      });
    }
  }
  if (server === null) {
    return { type: "gateway" };
  }
  const sensitivity = higher(sensitivityOf(server, tool), request.sensitivity_level ?? "low");
  return tool === null
    ? { type: "server", name: server, sensitivity }
    : { type: "tool", server, name: tool, sensitivity };
}

/** A request may raise the configured level, never lower it. */
function higher(a: Sensitivity, b: Sensitivity): Sensitivity {
  return SENSITIVITY_LEVELS.indexOf(a) >= SENSITIVITY_LEVELS.indexOf(b) ? a : b;
}

function toSubject(request: AuthorizeBody): AuditSubject {
  return {
    eventType: request.action === "gateway:tool:invoke" ? "tool_invoke" : "discovery",
    server: request.server_name ?? null,
    tool: request.tool_name ?? null,
    metadata: { action: request.action, gateway_metadata: request.gateway_metadata },
    arguments: request.parameters,
    params: contextParams(request.context),
  };
}
