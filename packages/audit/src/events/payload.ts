export const PAYLOAD_KINDS = ["arguments", "params", "result"] as const;
/** Which part of a call a payload is: its arguments, its other parameters, or its result. */
export type PayloadKind = (typeof PAYLOAD_KINDS)[number];

/** What the log proves of a payload; the payload itself lies apart and can be erased. */
export interface PayloadSummary {
  readonly policy: "digest" | "redacted" | "full";
  /** SHA-256(salt ‖ body), in hex. */
  readonly digest: string;
  /** SHA-256(salt), in hex, where no body is kept that would show whether the salt is the one that was drawn. */
  readonly salt_digest?: string;
  /** Bytes of the body: RFC 8785 JSON, after redaction. */
  readonly bytes: number;
  /** Values that were replaced, for `redacted`. */
  readonly redactions?: number;
  /** The policy asked for more, but the body was larger or deeper than the limits. */
  readonly oversize?: true;
}

/** What stands of its payloads in the event. */
export type PayloadSummaries = Readonly<Partial<Record<PayloadKind, PayloadSummary>>>;

/** A row of `gateway_audit_payloads`: what is kept of a payload, apart from the log. */
export interface KeptPayload {
  readonly kind: PayloadKind;
  readonly policy: PayloadSummary["policy"];
  readonly salt: Buffer;
  readonly body: Buffer | null;
}

/** What the event says of its payloads, and what is kept of them. */
export interface PreparedPayloads {
  readonly summaries: PayloadSummaries;
  readonly kept: readonly KeptPayload[];
}
