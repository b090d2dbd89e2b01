import {
  context,
  isSpanContextValid,
  SpanKind,
  trace,
  type Context,
  type Link,
  type Span,
} from "@opentelemetry/api";
import { injectContext, type LateSpan } from "@sark/observability/tracing";
import type { Caller, McpCall } from "../../domain/governance.ts";
import { errorTypeOf } from "./error-type.ts";
import { clientAttributes, endAttributes, nameOf, serverAttributes } from "./call-attributes.ts";
import { AUDIT_OUTCOME, type CallSpan } from "./call-span.ts";
import type { ExtraTraces } from "./extra-traces.ts";
import { createStageTimes, type Ended, type StageTimes } from "./stage-times.ts";

/**
 * A call that is not sampled: nothing is kept but the times at which its stages began. Where its end shows that it is worth
 * a trace, that is made once its outcome is on record, too, so that the tree is whole.
 */
export function unrecordedCall(
  { parent, links, server }: { parent: Context; links: Link[]; server: Span },
  { call, caller, transport }: { call: McpCall; caller: Caller; transport: "tcp" | "pipe" },
  extra: ExtraTraces | null,
): CallSpan {
  const serverContext = trace.setSpan(parent, server);
  const ids = server.spanContext();
  const name = nameOf(call);
  const stages = extra === null ? null : createStageTimes(name, caller.authentication);
  /** Makes the trace, of a call that is worth one. */
  let write: ((after: readonly LateSpan[]) => void) | null = null;

  async function withOutcome<T>(
    record: (stage: undefined) => Promise<T>,
    done: NonNullable<typeof write>,
  ): Promise<T> {
    const startedAt = performance.now();
    const ended = (failure: { readonly error?: string }) =>
      done([{ name: "audit", startedAt, endedAt: performance.now(), attributes: AUDIT_OUTCOME, ...failure }]);
    try {
      const result = await record(undefined);
      ended({});
      return result;
    } catch (error) {
      ended({ error: "not recorded" });
      throw error;
    }
  }

  return {
    traceId: isSpanContextValid(ids) ? ids.traceId : undefined,
    clock: null,
    mark: (stage, attributes) => stages?.begin(stage, attributes),
    run: (fn) => context.with(serverContext, fn),
    upstream() {
      stages?.begin(name);
      return injectContext<Record<string, string>>({}, serverContext);
    },
    end(result, { refusal, outcomeFollows = false } = {}) {
      if (extra === null || stages === null) {
        return null;
      }
      const errorType = refusal ?? errorTypeOf(call, result);
      const refused = refusal !== undefined;
      // People change their minds: that is an outcome, and no error.
      const failed = errorType !== null && result.outcome !== "cancelled";
      const record = extra.consider({ refused, failed, seconds: secondsOf(call, stages) });
      if (record === null) {
        return null;
      }
      const error = errorType === null ? {} : { error: result.message ?? errorType };
      const end = endAttributes(result, errorType);
      const endedAt = performance.now();
      const upstream: Ended = {
        endedAt,
        attributes: { ...clientAttributes(call, transport), ...end },
        ...error,
        // A call that a stage denied was asked for in vain; one that has no record failed by no fault of its caller.
        stopped:
          refusal === undefined ? undefined : { code: refusal, isFault: result.outcome !== "protocol_error" },
      };
      write = (after) =>
        record(ids, parent, {
          name,
          kind: SpanKind.SERVER,
          links,
          ...stages.spans(upstream, after),
          attributes: { ...serverAttributes(call, caller), ...end },
          ...error,
        });
      if (!outcomeFollows) {
        write([]);
      }
      return ids;
    },
    outcome: (record) => (write === null ? record(undefined) : withOutcome(record, write)),
  };
}

/** A stream that waits for what a server may say is open as long as its client stays: that is not slow. */
function secondsOf({ kind }: McpCall, stages: StageTimes): number {
  return kind === "session" ? 0 : stages.seconds();
}
