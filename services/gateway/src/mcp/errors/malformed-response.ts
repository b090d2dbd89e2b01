/** What was wrong with something that an upstream server sent. */
export const UPSTREAM_PROBLEMS = [
  /** No JSON, or JSON that is no JSON-RPC message. */
  "not_json_rpc",
  /** Neither JSON nor an event stream where a response was due. */
  "wrong_content_type",
  "too_large",
  /** A response to a request that was not sent on this stream, or that has its response already. */
  "unexpected_response",
  /** A request of the server in a revision that has none. */
  "unexpected_request",
  /** An event of another type than `message`. */
  "unexpected_event",
  /** The stream or document ended without the response. */
  "missing_response",
  "invalid_session_id",
  "unexpected_status",
  /** The server chose a protocol revision that the gateway does not speak. */
  "unspoken_revision",
] as const;
export type UpstreamProblem = (typeof UPSTREAM_PROBLEMS)[number];

/** A response that must not reach the client. */
export class MalformedResponse extends Error {
  override readonly name = "MalformedResponse";
  readonly problem: UpstreamProblem;

  constructor(message: string, problem: UpstreamProblem = "not_json_rpc") {
    super(message);
    this.problem = problem;
  }
}
