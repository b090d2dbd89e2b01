import { isJsonObject, type Json } from "@sark/json";
import type { JsonRpcMessage } from "../../../domain/json-rpc.ts";
import { MCP_ERRORS } from "../../../mcp-protocol/json-rpc/error-codes.ts";
import { OWN_ENVELOPE } from "../../own-client/own-requests.ts";

/** Apart from those of callers, which count from 1. */
export const PROBE_ID = 0;
/** What a process is sent first, to learn whether it speaks the stateless revision. */
export const PROBE = JSON.stringify({
  jsonrpc: "2.0",
  id: PROBE_ID,
  method: "server/discover",
  params: { _meta: OWN_ENVELOPE },
});

/** The stateless revisions that the response names; `null` when it is not that of a stateless server. */
export function versionsIn(message: JsonRpcMessage): readonly string[] | null {
  if ("result" in message) {
    return strings(message.result["supportedVersions"]);
  }
  // This error refuses a revision by naming others, and so comes from a server that knows the stateless kind.
  const data =
    "error" in message && message.error.code === MCP_ERRORS.unsupported_version
      ? message.error.data
      : undefined;
  return data !== undefined && isJsonObject(data) ? strings(data["supported"]) : null;
}

function strings(value: Json | undefined): readonly string[] | null {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === "string") : null;
}
