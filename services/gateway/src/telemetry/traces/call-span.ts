import type { Attributes } from "@opentelemetry/api";
import type { TraceClock } from "./trace-clock.ts";
import type { CallResult } from "../../domain/governance.ts";

/** A trace in progress, as its stages see it. */
export interface StageParent {
  readonly traceId: string | undefined;
  /** The times of its spans; `null` where its trace is not sampled, and has none. */
  readonly clock: TraceClock | null;
  /** A stage begins, where nothing is recorded: the one before is over. */
  mark(stage: string, attributes?: Attributes): void;
  run<T>(fn: () => T): T;
}

/** The spans of one call: SERVER for its receipt, CLIENT toward the upstream, internal ones for its stages. */
export interface CallSpan extends StageParent {
  /** Begins the upstream part; `traceparent`, `tracestate` and `baggage` to send along. */
  upstream(): Readonly<Record<string, string>>;
  /** Ends the call. The ids by which its trace can be looked up; `null` where it is not kept. */
  end(result: CallResult, how?: CallEnd): TraceIds | null;
  /** Runs the last stage, in which the outcome goes on record, after `end`; `stage`: its span, where its trace is sampled. */
  outcome<T>(record: (stage: TraceIds | undefined) => Promise<T>): Promise<T>;
}

export interface CallEnd {
  /** The reason code when the gateway itself ended it. */
  readonly refusal?: string;
  /** Whether `outcome` will be called. */
  readonly outcomeFollows?: boolean;
}

export interface TraceIds {
  readonly traceId: string;
  readonly spanId: string;
}

/** Stages by their names in traces, and what they always say. */
export const AUDIT_INTENT = {
  "sark.audit.phase": "intent",
  "db.system.name": "postgresql",
  "db.operation.name": "INSERT",
  "db.collection.name": "gateway_audit_events",
} as const satisfies Attributes;
export const AUDIT_OUTCOME = { ...AUDIT_INTENT, "sark.audit.phase": "outcome" } as const satisfies Attributes;
