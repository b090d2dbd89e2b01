import type { Readable } from "node:stream";
import type { UpstreamResponse } from "../../../domain/upstream.ts";
import { failureText } from "../../errors/error-response.ts";
import type { TimeLimits } from "../../deadline/idle-clock.ts";
import { upstreamFailure, type UpstreamFailure } from "../../errors/upstream-failure.ts";
import type { StreamEnd, StreamKind } from "../../contract/observer.ts";
import { CONNECT_AGAIN, messageEvent } from "../../../event-streams/event.ts";
import { WHOLE_WITHIN_MS } from "../../response/collect.ts";
import type { Hold } from "../../response/held-bytes.ts";
import { endedFailure, settleFailed } from "../responding/fail-calls.ts";
import { inspectionOf } from "./inspection.ts";
import type { Deadline } from "../../deadline/deadline.ts";
import { notifyCancelled } from "../sending/notify-cancelled.ts";
import type { Outgoing } from "../sending/outgoing.ts";
import { createResumption } from "./resume-stream.ts";
import { relayEvents, relayWhole, type Conclusion, type Ending, type EventRelay } from "./relay-events.ts";

export interface ResponseStream {
  readonly deadline: Deadline;
  /** For calls whose responses come on another stream. */
  readonly timeLimits: TimeLimits;
  readonly kind: StreamKind;
  readonly hold: Hold;
  closed(): void;
}

/**
 * Relays the stream that is the response to a POST, and sees to it that every call gets its response or an error. One that comes
 * in one piece is passed on in one: streams cost more than all else about a short response.
 */
export async function relayResponseStream(
  outgoing: Outgoing,
  head: UpstreamResponse,
  { deadline, timeLimits, kind, hold, closed }: ResponseStream,
): Promise<Readable | Buffer> {
  const { context, calls, refusals } = outgoing;
  const taking = kind === "subscription" ? null : (head.takeWhole?.(WHOLE_WITHIN_MS) ?? null);
  const whole = taking instanceof Promise ? await taking : taking;
  const relay: EventRelay = {
    context,
    body: () => head.body,
    deadline,
    kind,
    hold,
    inspection: inspectionOf(context, calls, "drop"),
    first: refusals.map((text) => messageEvent(text)),
    resume: context.scope.exclusive ? createResumption(context, deadline) : null,
    done: () => calls.every(({ settled }) => settled),
    conclude: (ending) => conclude(outgoing, { kind, timeLimits }, ending),
    closed,
  };
  return whole === null ? relayEvents(relay) : await relayWhole(relay, whole);
}

function conclude(
  outgoing: Outgoing,
  { kind, timeLimits }: Pick<ResponseStream, "kind" | "timeLimits">,
  ending: Ending,
): Conclusion {
  const { context, calls } = outgoing;
  const { endedBy, failure, resumable } = ending;
  const open = calls.filter((call) => !call.settled);
  const end = streamEnd(ending);
  if (endedBy === "drain" && kind === "subscription") {
    // It has no result of its own: its client subscribes again.
    settleFailed(context, open, endedFailure(endedBy), endedBy);
    return { last: [CONNECT_AGAIN], end };
  }
  if (open.length === 0) {
    return { last: [], end };
  }

  // A stream that can be resumed says by its end only: come back later (SEP-1699).
  const { parts } = context;
  const scope = context.scope;
  const left = failure === null && (endedBy === null || endedBy === "client");
  if (left && resumable && scope.exclusive) {
    for (const call of open) {
      if (call.cancelled) {
        call.settle({ outcome: "cancelled" });
      } else {
        parts.registry.await(scope, call, timeLimits, () => notifyCancelled(context, [call]));
      }
    }
    return { last: [], end };
  }
  const reason = failure ?? (endedBy === null ? upstreamFailure("upstream_silent") : endedFailure(endedBy));
  const last = endedBy === "client" || endedBy === "cancellation" ? [] : errorEvents(outgoing, reason);
  settleFailed(context, open, reason, endedBy);
  return { last, end: endedBy === null ? "upstream_failed" : end };
}

function errorEvents({ calls, context }: Outgoing, reason: UpstreamFailure): readonly Buffer[] {
  return calls
    .filter((call) => !call.settled && !call.cancelled)
    .map((call) => messageEvent(failureText(call.id, reason, call.audit, context.caller)));
}

function streamEnd({ endedBy, failure }: Ending): StreamEnd {
  if (endedBy === "client") {
    return "client_left";
  }
  if (endedBy === "cancellation") {
    return "cancelled";
  }
  if (endedBy === "timeout") {
    return "timeout";
  }
  if (endedBy === "drain") {
    return "drained";
  }
  if (endedBy === "session") {
    return "session_ended";
  }
  return failure === null ? "completed" : "upstream_failed";
}
