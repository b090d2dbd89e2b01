const MiB = 1024 * 1024;

/** Bounds of everything that a client or an upstream server could make large, many or long. */
export interface McpLimits {
  /** Longest silence of an upstream server about a request, in milliseconds, where it has no setting of its own. */
  readonly requestTimeoutMs: number;
  /** The most that one request may take, in milliseconds, whatever its server reports or asks meanwhile. */
  readonly maxRequestMs: number;
  /** How long a response may still come after its request was cancelled, in milliseconds. */
  readonly cancelGraceMs: number;
  /** Event streams (GET and `subscriptions/listen`) that one caller may hold open at once. */
  readonly maxStreamsPerCaller: number;
  /** Requests of one caller that may wait for their responses at once, those of a batch one by one. */
  readonly maxCallsPerCaller: number;
  /** Requests whose stream ended before their response, kept until it comes on a resumed stream. */
  readonly maxAwaitedResponses: number;
  /** How often a broken stream is asked for again before its calls have failed; each message of it begins anew. */
  readonly maxResumeAttempts: number;
  /** Nesting of objects and arrays in a message. */
  readonly maxDepth: number;
  /** JSON values in what a client sends: reading that many takes some tenths of a second, and all else waits. */
  readonly maxValues: number;
  /** The same in what an upstream server sends. */
  readonly maxResponseValues: number;
  readonly maxBatch: number;
  /** Characters of a JSON-RPC id. */
  readonly maxIdLength: number;
  /** Characters of a tool or prompt name, or a task id. */
  readonly maxNameLength: number;
  readonly maxUriLength: number;
  /** Bytes of a response that is one JSON document. */
  readonly maxResponseBytes: number;
  /** Bytes of responses that the gateway has in hand until clients have taken them, of all callers. */
  readonly maxHeldBytes: number;
  /** The same of one caller. */
  readonly maxHeldBytesPerCaller: number;
  /** What each caller always has of them. */
  readonly alwaysHeldBytes: number;
  /** Bytes of one event in a stream. */
  readonly maxEventBytes: number;
  /** Characters of a result that is handed to `Permit.finish`; larger ones are left out. */
  readonly maxRecordedResult: number;
}

export const DEFAULT_MCP_LIMITS: McpLimits = {
  requestTimeoutMs: 120_000,
  maxRequestMs: 3_600_000,
  cancelGraceMs: 5_000,
  maxStreamsPerCaller: 100,
  maxCallsPerCaller: 1_000,
  maxAwaitedResponses: 1_000,
  maxResumeAttempts: 5,
  maxDepth: 100,
  maxValues: 100_000,
  maxResponseValues: 250_000,
  maxBatch: 100,
  maxIdLength: 256,
  maxNameLength: 256,
  maxUriLength: 8_192,
  maxResponseBytes: 16 * MiB,
  maxHeldBytes: 256 * MiB,
  maxHeldBytesPerCaller: 64 * MiB,
  alwaysHeldBytes: MiB / 4,
  maxEventBytes: 16 * MiB,
  maxRecordedResult: 64 * 1024,
};
