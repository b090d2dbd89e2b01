import { context, trace, type Attributes, type Tracer } from "@opentelemetry/api";
import type { LateSpan } from "@sark/observability/tracing";
import { denialAttributes } from "./call-attributes.ts";
import type { StageParent } from "./call-span.ts";
import { tracedRequest } from "./request-tracing.ts";
import { errorCode, settle } from "./settle.ts";
import { createStageTimes, type Stopped } from "./stage-times.ts";

/** How a decision that was asked for over REST ended. */
export interface DecisionEndings<T> {
  /** The reason code in a result that denies. */
  denial(result: T): string | null;
  /** Whether what was thrown is a refusal, and no fault. */
  isRefusal(error: unknown): boolean;
}

/** Runs a decision in a span below that of its request. */
export type TraceDecision = <T>(
  name: string,
  fn: (span: StageParent) => Promise<T>,
  endings: DecisionEndings<T>,
) => Promise<T>;

/** A denial is what was asked for: its request has status 200, and is worth a trace all the same. */
export function createDecisionTracing(tracer: Tracer): TraceDecision {
  return (name, fn, { denial, isRefusal }) => {
    const request = tracedRequest();
    if (request === undefined) {
      return fn({ traceId: undefined, clock: null, mark: () => undefined, run: (work) => work() });
    }
    const { traceId, clock } = request;
    if (clock !== null) {
      const span = tracer.startSpan(name, { startTime: clock.now() });
      const active = trace.setSpan(context.active(), span);
      const run: StageParent["run"] = (work) => context.with(active, work);
      return run(() =>
        settle(
          span,
          clock,
          () => fn({ traceId, clock, mark: () => undefined, run }),
          (result) => saidBy(denial(result)),
        ),
      );
    }
    const stages = createStageTimes(name, undefined);
    const keep = (said: Pick<LateSpan, "attributes" | "error">, stopped?: Stopped) =>
      request.parts.push({
        name,
        ...stages.spans({ endedAt: performance.now(), attributes: {}, stopped }, []),
        ...said,
      });
    return fn({ traceId, clock: null, mark: stages.begin, run: (work) => work() }).then(
      (result) => {
        const code = denial(result);
        request.isRefused ||= code !== null;
        keep({ attributes: saidBy(code) }, code === null ? undefined : { code, isFault: false });
        return result;
      },
      (error: unknown) => {
        const code = errorCode(error);
        if (isRefusal(error)) {
          keep({ attributes: saidBy(code) }, { code, isFault: false });
        } else {
          keep({ error: code }, { code, isFault: true });
        }
        throw error;
      },
    );
  };
}

function saidBy(denial: string | null): Attributes {
  return denial === null ? {} : denialAttributes(denial);
}
