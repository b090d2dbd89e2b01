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
import type { JsonObject } from "@sark/json";
import { UnrecordedDenial } from "../access/denials.ts";
import { contextParams } from "./context-params.ts";
import { showAuthorization } from "./presentation.ts";
import type { Authorization } from "./responses.ts";
import type { AuthorizeA2aBody } from "./schemas.ts";

/** May this agent ask that one to do something? */
export function createAuthorizeA2aHandler(deps: {
  readonly authorize: Authorize;
  /** By the operator's configuration; what a request says of agents counts for nothing. */
  readonly agents: Readonly<Record<string, ConfiguredAgent>>;
  recordA2a(allow: boolean, source: AgentProfile, target: AgentProfile): void;
}): (request: AuthorizeA2aBody, caller: Caller, forOthers: boolean) => Promise<Authorization> {
  /** The same id in another tenant is another agent, of which nothing is known. */
  const configured = (id: string, tenant: string | null): AgentProfile | undefined => {
    const agent = Object.hasOwn(deps.agents, id) ? deps.agents[id] : undefined;
    if (agent === undefined || (agent.tenant !== undefined && agent.tenant !== tenant)) {
      return undefined;
    }
    return { agent_type: agent.agent_type, trust_level: agent.trust_level };
  };

  return async (request, caller, forOthers) => {
    const { tenant } = caller.principal;
    const { source_agent_id: sourceId } = request;
    const principal = sourcePrincipal(caller, sourceId, configured(sourceId, tenant), forOthers);
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
        agentId: sourceId,
        metadata: a2aMetadata(request),
        arguments: request.parameters,
        params: contextParams(request.context),
      },
    );
    deps.recordA2a(authorized.decision.allow, source, target);
    return showAuthorization(authorized);
  };
}

/**
 * The source speaks for itself, or a caller whose role lets it ask on behalf of others speaks for it. Any other caller
 * that names another agent is denied: it would borrow that agent's rights.
 */
function sourcePrincipal(
  caller: Caller,
  sourceId: string,
  profile: AgentProfile | undefined,
  forOthers: boolean,
): Caller["principal"] {
  const { principal } = caller;
  const isItself = principal.type === "agent" && principal.id === sourceId;
  if (isItself) {
    return { ...principal, attributes: { ...principal.attributes, ...profile } };
  }
  if (!forOthers) {
    throw new UnrecordedDenial("on_behalf", "forbidden", "source_agent_id: you may only ask for yourself", {
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
    ...(principal.scope === undefined ? {} : { scope: principal.scope }),
    ...(principal.tokenScopes === undefined ? {} : { tokenScopes: principal.tokenScopes }),
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
