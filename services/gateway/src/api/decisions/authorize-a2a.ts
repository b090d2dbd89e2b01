import {
  AGENT_TYPES,
  TRUST_LEVELS,
  UNKNOWN_AGENT,
  type AgentProfile,
  type ConfiguredAgent,
} from "../../domain/agents.ts";
import type { Action } from "../../domain/authorization.ts";
import type { Authorize } from "../../domain/authorizer.ts";
import type { Caller } from "../../domain/governance.ts";
import type { JsonObject } from "../../domain/json.ts";
import { HttpError } from "../../transport/errors.ts";
import { authorizeResponse, type AuthorizeResponse } from "./authorize-response.ts";
import { contextParams } from "./context-params.ts";
import { authorizeA2aRequestSchema } from "./schemas.ts";
import { parseInput } from "../../transport/parse-input.ts";

/** `POST /api/v1/gateway/authorize-a2a`: may this agent ask that one to do something? */
export function createAuthorizeA2aHandler(deps: {
  readonly authorize: Authorize;
  /** By the operator's configuration; what a request says of agents counts for nothing. */
  readonly agents: Readonly<Record<string, ConfiguredAgent>>;
  recordA2a(allow: boolean, source: AgentProfile, target: AgentProfile): void;
}): (body: unknown, caller: Caller) => Promise<AuthorizeResponse> {
  /** The same id in another tenant is another agent, of which nothing is known. */
  const configured = (id: string, tenant: string | null): AgentProfile | undefined => {
    const agent = Object.hasOwn(deps.agents, id) ? deps.agents[id] : undefined;
    if (agent === undefined || (agent.tenant !== undefined && agent.tenant !== tenant)) {
      return undefined;
    }
    return { agent_type: agent.agent_type, trust_level: agent.trust_level };
  };

  return async (body, caller) => {
    const request = parseInput(authorizeA2aRequestSchema, body);
    const { tenant } = caller.principal;
    const principal = sourcePrincipal(
      caller,
      request.source_agent_id,
      configured(request.source_agent_id, tenant),
    );
    const source = profileIn(principal.attributes);
    const target = configured(request.target_agent_id, tenant) ?? UNKNOWN_AGENT;
    const authorized = await deps.authorize(
      {
        principal,
        action: `gateway:a2a:${request.capability}` satisfies Action,
        resource: { type: "agent", id: request.target_agent_id, attributes: { ...target } },
        context: {
          ...request.context,
          message_type: request.message_type,
          payload_metadata: request.payload_metadata,
          target_environment: request.target_environment ?? "",
          parameters: request.parameters,
        },
      },
      caller,
      {
        eventType: "a2a_communication",
        server: null,
        tool: null,
        agentId: request.source_agent_id,
        metadata: a2aMetadata(request),
        arguments: request.parameters,
        params: contextParams(request.context),
      },
    );
    deps.recordA2a(authorized.decision.allow, source, target);
    return authorizeResponse(authorized);
  };
}

/**
 * The source speaks for itself, or a caller of role `gateway` or `admin` speaks for it.
 * Anybody else naming another agent is refused: it would borrow that agent's rights.
 */
function sourcePrincipal(
  caller: Caller,
  sourceId: string,
  profile: AgentProfile | undefined,
): Caller["principal"] {
  const { principal } = caller;
  const isItself = principal.type === "agent" && principal.id === sourceId;
  if (isItself) {
    return { ...principal, attributes: { ...principal.attributes, ...profile } };
  }
  if (!principal.roles.some((role) => role === "gateway" || role === "admin")) {
    throw new HttpError(403, "forbidden", "source_agent_id: you may only ask for yourself", {
      field: "source_agent_id",
    });
  }
  return {
    id: sourceId,
    type: "agent",
    actor: null,
    tenant: principal.tenant,
    roles: [],
    attributes: { ...UNKNOWN_AGENT, ...profile },
    method: principal.method,
  };
}

/** The agent's type and trust as attributes say: of the configuration, else of its verified token. */
function profileIn(attributes: JsonObject): AgentProfile {
  const { agent_type: type, trust_level: trust } = attributes;
  return {
    agent_type: AGENT_TYPES.find((known) => known === type) ?? UNKNOWN_AGENT.agent_type,
    trust_level: TRUST_LEVELS.find((known) => known === trust) ?? UNKNOWN_AGENT.trust_level,
  };
}

function a2aMetadata(request: {
  target_agent_id: string;
  capability: string;
  message_type: string;
  target_environment?: string | null | undefined;
  payload_metadata: JsonObject;
}): JsonObject {
  return {
    target_agent_id: request.target_agent_id,
    capability: request.capability,
    message_type: request.message_type,
    target_environment: request.target_environment ?? null,
    payload_metadata: request.payload_metadata,
  };
}
