import type { AuditLog, AuditRecord, RecordResult } from "@sark/audit";
import type { PayloadPolicy } from "@sark/audit/payloads";
import type { Decision } from "../domain/authorization.ts";
import type { CallResult, CallTimes, McpCall, Permit } from "../domain/governance.ts";
import { referenceOf } from "./audit-reference.ts";
import type { Granted } from "./quota-stage.ts";
import { createInFlight } from "@sark/scheduling";
import { recordOutcome } from "./record-outcome.ts";
import { outcomeRecord, resultPayload } from "./records.ts";

/** A permitted call whose intent is on record, where it has to be. */
export interface RecordedIntent {
  readonly allowed: true;
  readonly decision: Decision;
  readonly record: AuditRecord;
  readonly kept: RecordResult | null;
  readonly granted: Granted;
}

/** What is told of how calls end. */
interface CallEnds {
  callFinished(
    call: McpCall,
    transport: "tcp" | "pipe",
    result: CallResult,
    times: CallTimes,
    traced: TraceIds | null,
  ): void;
  outcomeNotRecorded(call: McpCall, intentId: string, outcome: CallResult["outcome"], error: unknown): void;
}

/** Ids by which a trace can be looked up. */
interface TraceIds {
  readonly traceId: string;
  readonly spanId: string;
}

/** The trace of one call. */
interface CallTrace {
  run<T>(work: () => T): T;
  end(result: CallResult, how: { readonly outcomeFollows: boolean }): TraceIds | null;
  outcome<T>(record: (stage: TraceIds | undefined) => Promise<T>): Promise<T>;
  upstream(): Permit["traceContext"];
}

/** What permits calls, and sees to it that each of them gets its outcome. */
export interface Permits {
  /** `receivedAt`: on the clock of `performance.now()`. */
  give(call: McpCall, trace: CallTrace, intent: RecordedIntent, receivedAt: number): Permit;
  /** Records an outcome for every call that still runs. */
  finishAll(): void;
}

const STOPPED: CallResult = { outcome: "cancelled", message: "The gateway stopped while the call ran." };

export function createPermits(deps: {
  readonly audit: Pick<AuditLog, "record">;
  /** What is kept of results. */
  readonly resultPolicy: PayloadPolicy;
  readonly events: CallEnds;
  transportOf(call: McpCall): "tcp" | "pipe";
}): Permits {
  const { audit, resultPolicy, events, transportOf } = deps;
  /** Permits whose calls have not ended. */
  const running = createInFlight<Permit>();

  function give(
    call: McpCall,
    trace: CallTrace,
    { decision, record: intent, kept, granted }: RecordedIntent,
    receivedAt: number,
  ): Permit {
    const started = performance.now();
    const permitted: Permit = {
      allowed: true,
      audit: referenceOf(kept),
      filteredArguments: decision.filteredParameters,
      traceContext: trace.upstream(),
      finish(result: CallResult) {
        if (!running.leave(place)) {
          return;
        }
        const now = performance.now();
        const seconds = (now - started) / 1000;
        const times = { seconds: (now - receivedAt) / 1000, executionSeconds: seconds };
        const traced = trace.end(result, { outcomeFollows: kept !== null });
        trace.run(() => events.callFinished(call, transportOf(call), result, times, traced));
        const spent = granted.settle(result, kept?.kept === "committed");
        if (kept === null) {
          return;
        }
        // The response does not wait for this commit: an intent without an outcome is a crash that can be seen.
        const recording = trace.outcome((stage) =>
          recordOutcome(
            audit,
            outcomeRecord(intent, kept.id, result, seconds, spent),
            { ...resultPayload(result.result, resultPolicy), trace: stage },
            // Where the intent is on no record, the outcome need not be either.
            kept.kept === "nowhere" ? "open" : "spool",
          ),
        );
        recording.catch((error: unknown) =>
          trace.run(() => events.outcomeNotRecorded(call, kept.id, result.outcome, error)),
        );
      },
    };
    const place = running.enter(permitted);
    return permitted;
  }

  return {
    give,
    finishAll() {
      for (const permitted of running.all()) {
        permitted.finish(STOPPED);
      }
    },
  };
}
