/** Error codes of JSON-RPC 2.0 itself. */
export const JSON_RPC_ERRORS = {
  parse_error: -32700,
  invalid_request: -32600,
  method_not_found: -32601,
  invalid_params: -32602,
  internal_error: -32603,
} as const;

/** Codes that MCP and its official SDKs give a meaning. */
export const MCP_ERRORS = {
  /** The HTTP request is not as the transport demands. */
  transport: -32000,
  unknown_session: -32001,
  /** Headers and body disagree. */
  header_mismatch: -32020,
  missing_capability: -32021,
  /** A stateless revision that the receiver does not speak. */
  unsupported_version: -32022,
} as const;
