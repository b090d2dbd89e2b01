/**
 * Every JSON-RPC error code that the gateway itself answers with; `docs/reference/errors.md` says what each means.
 * MCP leaves -32000…-32019 to implementations and reserves -32020…-32099. In the free range the official SDKs
 * already use -32000 (HTTP-level refusals), -32001 (unknown session, time-outs) and -32002 (unknown resource):
 * the gateway gives the first two the same meaning and keeps away from the rest.
 */
export const ERROR_CODES = {
  parse_error: -32700,
  invalid_request: -32600,
  invalid_params: -32602,
  upstream_failed: -32603,
  transport: -32000,
  unknown_session: -32001,
  access_denied: -32010,
  limit_reached: -32011,
  governance_unavailable: -32012,
  upstream_timeout: -32013,
  unknown_server: -32014,
  header_mismatch: -32020,
  unsupported_version: -32022,
} as const;
export type ErrorName = keyof typeof ERROR_CODES;
