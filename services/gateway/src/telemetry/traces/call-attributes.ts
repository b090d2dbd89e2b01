import type { Attributes } from "@opentelemetry/api";
import type { Caller, CallResult, McpCall } from "../../domain/governance.ts";

/** `tools/call NAME`; a resource's URI is no part of a name. */
export function nameOf({ method, target, kind }: McpCall): string {
  return target === null || kind === "resource" ? method : `${method} ${target}`;
}

/** What OpenTelemetry's conventions for MCP say of a call, at both ends. */
export function callAttributes(call: McpCall): Attributes {
  const attributes: Record<string, string> = {
    "mcp.method.name": call.method,
    "jsonrpc.request.id": String(call.requestId),
    "sark.server": call.server,
  };
  if (call.protocolVersion !== null) {
    attributes["mcp.protocol.version"] = call.protocolVersion;
  }
  if (call.sessionId !== null) {
    attributes["mcp.session.id"] = call.sessionId;
  }
  if (call.target === null) {
    return attributes;
  }
  if (call.kind === "tool") {
    attributes["gen_ai.operation.name"] = "execute_tool";
    attributes["gen_ai.tool.name"] = call.target;
  }
  if (call.kind === "prompt") {
    attributes["gen_ai.prompt.name"] = call.target;
  }
  if (call.kind === "resource") {
    attributes["mcp.resource.uri"] = call.target;
  }
  return attributes;
}

/** Clients come over HTTP, whatever their server speaks. */
export function serverAttributes(call: McpCall, { clientAddress }: Caller): Attributes {
  return {
    ...callAttributes(call),
    "network.transport": "tcp",
    "network.protocol.name": "http",
    "client.address": clientAddress,
  };
}

export function clientAttributes(call: McpCall, transport: "tcp" | "pipe"): Attributes {
  return {
    ...callAttributes(call),
    "network.transport": transport,
    ...(transport === "tcp" ? { "network.protocol.name": "http" } : {}),
  };
}

export function endAttributes(result: CallResult, errorType: string | null): Attributes {
  return {
    ...(errorType === null ? {} : { "error.type": errorType }),
    ...(result.errorCode === undefined ? {} : { "rpc.response.status_code": String(result.errorCode) }),
  };
}

/** A denial is what was asked for, and no error. */
export function denialAttributes(code: string): Attributes {
  return { "sark.decision": "deny", "sark.reason_code": code };
}
