/** What a record says, as it stands in its canonical JSON; absent fields are absent. */
export interface EventRecord {
  readonly id: string;
  /** RFC 3339, UTC, microseconds. */
  readonly timestamp: string;
  readonly created_at: string;
  readonly event_type: string;
  readonly decision: "allow" | "deny";
  readonly reason: string;
  readonly gateway_request_id: string;
  readonly phase: "intent" | "outcome" | "decision";
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly user_id?: string;
  readonly agent_id?: string;
  readonly server_name?: string;
  readonly tool_name?: string;
  readonly outcome?: string;
  readonly intent_id?: string;
  readonly tenant_id?: string;
  readonly sensitivity?: string;
  readonly duration_ms?: number;
  readonly trace_id?: string;
  readonly session_id?: string;
  readonly policy?: {
    readonly engine: string;
    readonly ids: readonly string[];
    readonly revision: string | null;
  };
}

/** One event on its way to a destination. */
export interface DeliverableEvent {
  /** Position in the log, from 0, without gaps. */
  readonly seq: number;
  readonly id: string;
  /** The exact JSON (RFC 8785) that the transparency log proves. */
  readonly canonical: string;
  /** The same, parsed when first asked for. Throws a `SyntaxError` when the text was tampered with. */
  readonly record: EventRecord;
  /** Of the event itself, in milliseconds since the epoch. */
  readonly time: number;
  /** Bytes of `canonical`, for bounds on memory. */
  readonly bytes: number;
}

export function toDeliverableEvent(seq: number, id: string, canonical: string): DeliverableEvent {
  let parsed: EventRecord | undefined;
  return {
    seq,
    id,
    canonical,
    get record() {
      return (parsed ??= JSON.parse(canonical) as EventRecord);
    },
    get time() {
      return Date.parse(this.record.timestamp);
    },
    bytes: Buffer.byteLength(canonical),
  };
}
