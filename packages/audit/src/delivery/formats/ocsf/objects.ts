import { ipVersion } from "../fields/ip-version.ts";
import type { AuditEvent } from "../../../events/audit-event.ts";

const USER = 1;
const SERVICE_ACCOUNT = 4;
const ROLE_TOOL = 3;
const ROLE_AGENT = 4;
const ROLE_OTHER = 99;

/** Who acts: the user, through an agent where there is one. */
export function actorOf({ user_id, agent_id, session_id, credential }: AuditEvent): object {
  const session = session_id === undefined ? {} : { session: { uid: session_id } };
  const agent = agent_id === undefined ? {} : { app_uid: agent_id };
  const by = credential === undefined ? {} : { credential_uid: credential };
  if (user_id !== undefined) {
    return { user: { uid: user_id, type_id: USER, ...by }, ...agent, ...session };
  }
  if (agent_id !== undefined) {
    return { user: { uid: agent_id, type_id: SERVICE_ACCOUNT, ...by }, ...agent, ...session };
  }
  return { user: { name: "unknown", type_id: 0, ...by }, ...session };
}

export function apiOf(record: AuditEvent): object {
  const { tool_name, server_name, gateway_request_id } = record;
  return {
    operation: tool_name ?? text(record.metadata["method"]) ?? record.event_type,
    request: { uid: gateway_request_id },
    ...(server_name === undefined ? {} : { service: { name: server_name } }),
  };
}

/** Where the call came from; the class demands it, so that the caller's name stands in for an unknown address. */
export function endpointOf(record: AuditEvent): object {
  // Records of older versions have it in their metadata.
  const address = record.client_address ?? text(record.metadata["client_address"]);
  if (address !== undefined && ipVersion(address) !== 0) {
    return { ip: address };
  }
  return { name: record.agent_id ?? record.user_id ?? "unknown" };
}

export function resourcesOf({ tool_name, server_name, sensitivity, metadata }: AuditEvent): object {
  const target = tool_name ?? text(metadata["target"]);
  if (target === undefined) {
    return {};
  }
  return {
    resources: [
      {
        name: target,
        type: tool_name === undefined ? "resource" : "tool",
        ...(server_name === undefined ? {} : { namespace: server_name }),
        ...(sensitivity === undefined ? {} : { criticality: sensitivity }),
      },
    ],
  };
}

export function authorizationsOf({ decision, policy }: AuditEvent): object {
  if (policy === undefined) {
    return {};
  }
  const version = policy.revision === null ? {} : { version: policy.revision };
  // A default denial is determined by no policy: the engine stands for it.
  const ids = policy.ids.length === 0 ? [`${policy.engine}:default`] : policy.ids;
  return { authorizations: ids.map((uid) => ({ decision, policy: { uid, ...version } })) };
}

/** The profile `ai_operation`; its object needs a service or an application to speak of. */
export function messageContextOf({ event_type, server_name, agent_id, session_id }: AuditEvent): object {
  if (server_name === undefined && agent_id === undefined) {
    return {};
  }
  const role = { tool_invoke: ROLE_TOOL, a2a_communication: ROLE_AGENT }[event_type] ?? ROLE_OTHER;
  return {
    message_context: {
      ai_role_id: role,
      ...(session_id === undefined ? {} : { uid: session_id }),
      ...(server_name === undefined ? {} : { service: { name: server_name } }),
      ...(agent_id === undefined ? {} : { application: { uid: agent_id } }),
    },
  };
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
