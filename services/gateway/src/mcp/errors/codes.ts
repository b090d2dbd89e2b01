import { JSON_RPC_ERRORS, MCP_ERRORS } from "../../mcp-protocol/json-rpc/error-codes.ts";

/**
 * Every JSON-RPC error code of the gateway's own; `docs/reference/errors.md` says what each means.
 * MCP leaves -32000…-32019 to implementations and reserves -32020…-32099. In the free range the official SDKs
 * already use -32000 (HTTP-level refusals), -32001 (unknown session, time-outs) and -32002 (unknown resource):
 * the gateway gives the first two the same meaning and keeps away from the rest.
 */
export const ERROR_CODES = {
  parse_error: JSON_RPC_ERRORS.parse_error,
  invalid_request: JSON_RPC_ERRORS.invalid_request,
  invalid_params: JSON_RPC_ERRORS.invalid_params,
  upstream_failed: JSON_RPC_ERRORS.internal_error,
  transport: MCP_ERRORS.transport,
  unknown_session: MCP_ERRORS.unknown_session,
  access_denied: -32010,
  limit_reached: -32011,
  governance_unavailable: -32012,
  upstream_timeout: -32013,
  unknown_server: -32014,
  header_mismatch: MCP_ERRORS.header_mismatch,
  unsupported_version: MCP_ERRORS.unsupported_version,
} as const;
export type ErrorName = keyof typeof ERROR_CODES;
