import type { JsonObject } from "@sark/json";
import { JSON_RPC_ERRORS, MCP_ERRORS } from "../json-rpc/error-codes.ts";

/** How a message can break the rules of its revision, with the HTTP status and JSON-RPC code of the official servers. */
export const VIOLATIONS = {
  /** The client does not accept the forms of a response that the transport has. */
  not_acceptable: { status: 406, code: MCP_ERRORS.transport },
  invalid_message: { status: 400, code: JSON_RPC_ERRORS.invalid_request },
  batch_not_allowed: { status: 400, code: JSON_RPC_ERRORS.invalid_request },
  /** A stateless request that does not say its revision. */
  missing_envelope: { status: 400, code: JSON_RPC_ERRORS.invalid_params },
  /** A revision with sessions that is not spoken. */
  unsupported_version: { status: 400, code: MCP_ERRORS.transport },
  /** A stateless revision that is not spoken. */
  unsupported_revision: { status: 400, code: MCP_ERRORS.unsupported_version },
  header_mismatch: { status: 400, code: MCP_ERRORS.header_mismatch },
} as const;
export type ViolationType = keyof typeof VIOLATIONS;

/** A message that breaks a rule of the protocol. */
export class ProtocolViolation extends Error {
  override readonly name = "ProtocolViolation";
  readonly type: ViolationType;
  readonly status: number;
  /** The JSON-RPC error code. */
  readonly code: number;
  /** Goes into `error.data`. */
  readonly data: JsonObject;

  constructor(type: ViolationType, message: string, data: JsonObject = {}) {
    super(message);
    this.type = type;
    this.status = VIOLATIONS[type].status;
    this.code = VIOLATIONS[type].code;
    this.data = data;
  }
}

/** What a check finds wrong; `null` when it finds nothing. */
export function violationOf(check: () => unknown): ProtocolViolation | null {
  try {
    check();
    return null;
  } catch (error) {
    if (error instanceof ProtocolViolation) {
      return error;
    }
    throw error;
  }
}

/** Headers and body disagree; the official clients read `data.mismatch`. */
export function headerMismatch(header: string, body: string): ProtocolViolation {
  return new ProtocolViolation(
    "header_mismatch",
    `Bad Request: the request headers and body disagree: ${body}`,
    { mismatch: { header: quote(header), body } },
  );
}

/** What a caller wrote, short enough to be repeated to them. */
export function quote(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`;
}
