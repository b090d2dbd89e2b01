import type { JsonObject } from "@sark/json";
import { ProtocolViolation, VIOLATIONS } from "../../mcp-protocol/rules/violation.ts";
import { ERROR_CODES, type ErrorName } from "./codes.ts";

/**
 * Why a message never reached a decision: HTTP status and JSON-RPC error of each reason.
 * The official servers respond in the same way wherever they check the same thing.
 */
export const REJECTIONS = {
  unknown_server: { status: 404, error: "unknown_server" },
  method_not_allowed: { status: 405, error: "transport" },
  unsupported_media_type: { status: 415, error: "transport" },
  not_acceptable: { status: VIOLATIONS.not_acceptable.status, error: "transport" },
  malformed_json: { status: 400, error: "parse_error" },
  duplicate_key: { status: 400, error: "invalid_request" },
  /** A key that is another one, or a known member, to readers that are not exact. */
  similar_key: { status: 400, error: "invalid_request" },
  broken_unicode: { status: 400, error: "invalid_request" },
  /** Longer or larger than any number that is decided about. */
  number_out_of_range: { status: 400, error: "invalid_request" },
  too_deep: { status: 400, error: "invalid_request" },
  invalid_message: { status: VIOLATIONS.invalid_message.status, error: "invalid_request" },
  invalid_id: { status: 400, error: "invalid_request" },
  invalid_method: { status: 400, error: "invalid_request" },
  /** About one request, after everything about its transport was right: in band, as the SDKs' servers do. */
  invalid_params: { status: 200, error: "invalid_params" },
  missing_envelope: { status: VIOLATIONS.missing_envelope.status, error: "invalid_params" },
  batch_not_allowed: { status: VIOLATIONS.batch_not_allowed.status, error: "invalid_request" },
  batch_invalid: { status: 400, error: "invalid_request" },
  duplicate_id: { status: 400, error: "invalid_request" },
  /** Revisions with sessions. */
  unsupported_version: { status: VIOLATIONS.unsupported_version.status, error: "transport" },
  /** Stateless revisions. */
  unsupported_revision: { status: VIOLATIONS.unsupported_revision.status, error: "unsupported_version" },
  header_mismatch: { status: VIOLATIONS.header_mismatch.status, error: "header_mismatch" },
  unknown_session: { status: 404, error: "unknown_session" },
  invalid_event_id: { status: 400, error: "transport" },
  too_many_streams: { status: 429, error: "limit_reached" },
  too_many_calls: { status: 429, error: "limit_reached" },
  too_many_sessions: { status: 429, error: "limit_reached" },
  /** The gateway is taken out of service. */
  draining: { status: 503, error: "governance_unavailable" },
  /** The replica that holds the session is not there right now. */
  holder_unreachable: { status: 503, error: "governance_unavailable" },
  too_many_values: { status: 413, error: "invalid_request" },
} as const satisfies Record<string, { status: number; error: ErrorName }>;
export type RejectionType = keyof typeof REJECTIONS;

/** A message that the gateway itself refuses to pass on, with the error that its sender gets. */
export class Rejection extends Error {
  override readonly name = "Rejection";
  readonly type: RejectionType;
  readonly status: number;
  readonly code: number;
  /** Goes into `error.data`. */
  readonly data: JsonObject;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    type: RejectionType,
    message: string,
    options: { data?: JsonObject; headers?: Record<string, string> } = {},
  ) {
    super(message);
    this.type = type;
    this.status = REJECTIONS[type].status;
    this.code = ERROR_CODES[REJECTIONS[type].error];
    this.data = options.data ?? {};
    this.headers = options.headers ?? {};
  }
}

/** The rejection that an error stands for; `null` for any other error. */
export function rejectionOf(error: unknown): Rejection | null {
  if (error instanceof ProtocolViolation) {
    return new Rejection(error.type, error.message, { data: error.data });
  }
  return error instanceof Rejection ? error : null;
}
