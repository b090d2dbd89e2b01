import type { ValidRecord } from "./record.ts";

type Outcome = NonNullable<ValidRecord["outcome"]>;
type Sensitivity = NonNullable<ValidRecord["sensitivity"]>;
type Policy = NonNullable<ValidRecord["policy"]>;

/** A record as its canonical JSON says it: what is absent was not known. */
export interface AuditEvent {
  readonly id: string;
  /** When it happened: RFC 3339, UTC, microseconds. */
  readonly timestamp: string;
  /** When the log took it. */
  readonly created_at: string;
  readonly event_type: string;
  readonly decision: "allow" | "deny";
  readonly reason: string;
  readonly gateway_request_id: string;
  readonly phase: ValidRecord["phase"];
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly user_id?: string;
  readonly agent_id?: string;
  readonly server_name?: string;
  readonly tool_name?: string;
  readonly outcome?: Outcome;
  /** Of an outcome: the id of its intent. */
  readonly intent_id?: string;
  readonly tenant_id?: string;
  readonly sensitivity?: Sensitivity;
  readonly duration_ms?: number;
  readonly trace_id?: string;
  readonly session_id?: string;
  readonly client_address?: string;
  readonly credential?: string;
  /** Who had it recorded; absent where the gateway saw it itself. */
  readonly submitted_by?: string;
  readonly policy?: Policy;
  readonly payloads?: Readonly<Partial<Record<PayloadKind, PayloadSummary>>>;
}

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

/** A record of the log, at its place. */
export interface StoredEvent {
  /** Position in the log, from 0, without gaps, in commit order. */
  readonly seq: number;
  /** RFC 6962 leaf hash of the canonical bytes, in hex. */
  readonly leafHash: string;
  readonly event: AuditEvent;
}
