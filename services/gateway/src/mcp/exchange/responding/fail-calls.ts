import { failureText } from "../../errors/error-response.ts";
import { upstreamFailure, type UpstreamFailure, type UpstreamReason } from "../../errors/upstream-failure.ts";
import type { McpHttpResponse } from "../../contract/http-message.ts";
import type { OpenCall } from "../../calls/call-registry.ts";
import { ACCEPTED, failureResponse, refusalsResponse } from "./responses.ts";
import type { RequestContext } from "../context/request-context.ts";
import type { EndedBy } from "../../deadline/deadline.ts";
import { notifyCancelled } from "../sending/notify-cancelled.ts";
import type { Outgoing } from "../sending/outgoing.ts";

/** Nothing has been sent to the client yet, and the exchange is over: settles its calls, and responds to them with errors. */
export function failCalls(
  outgoing: Outgoing,
  failure: UpstreamFailure,
  endedBy: EndedBy | null,
): McpHttpResponse {
  const { context, calls, oneWay, refusals } = outgoing;
  const open = calls.filter((call) => !call.settled);
  const texts = open.map((call) => failureText(call.id, failure, call.audit, context.caller));
  settleFailed(context, open, failure, endedBy);
  for (const { permit } of oneWay) {
    permit.finish({ outcome: failure.outcome, message: failure.message });
  }
  // A client expects no response to what it cancelled.
  if (endedBy === "cancellation") {
    return refusals.length === 0 ? ACCEPTED : refusalsResponse(outgoing);
  }
  return asBatch(outgoing, failureResponse(failure, texts[0] ?? ""), [...refusals, ...texts]);
}

/** Records what became of calls without a response, and tells a server that may still be at work on them. */
export function settleFailed(
  context: RequestContext,
  calls: readonly OpenCall[],
  failure: UpstreamFailure,
  endedBy: EndedBy | null,
): void {
  if (endedBy !== null && endedBy !== "cancellation") {
    notifyCancelled(
      context,
      calls.filter(({ cancelled, method }) => !cancelled && method !== "initialize"),
    );
  }
  for (const call of calls) {
    if (call.openedSession !== null) {
      // Its client never learns of it.
      void context.parts.sessions.end(call.openedSession.fingerprint, "failed");
    }
    const { outcome, message, code } = call.cancelled ? upstreamFailure("cancelled") : failure;
    const unsent = failure.unsent === true ? ({ unsent: true } as const) : {};
    call.settle({ outcome, message, ...unsent, ...(outcome === "cancelled" ? {} : { errorCode: code }) });
  }
}

const FAILURES = {
  client: "cancelled",
  cancellation: "cancelled",
  timeout: "upstream_timeout",
  drain: "gateway_draining",
  session: "session_ended",
} as const satisfies Record<EndedBy, UpstreamReason>;

/** What an exchange that was ended from this side counts as. */
export function endedFailure(endedBy: EndedBy): UpstreamFailure {
  return upstreamFailure(FAILURES[endedBy]);
}

/** The response to a batch is a batch, whatever became of its parts. */
export function asBatch(
  { batch, refusals }: Outgoing,
  response: McpHttpResponse,
  texts?: readonly string[],
): McpHttpResponse {
  if (!batch || !(response.body instanceof Buffer)) {
    return response;
  }
  const all = texts ?? [...refusals, response.body.toString("utf8")];
  return { ...response, body: Buffer.from(`[${all.join(",")}]`, "utf8") };
}
