import type { Awaitable } from "../../domain/awaitable.ts";
import type { CallResult } from "../../domain/governance.ts";
import type { UpstreamResponse } from "../../domain/upstream.ts";
import { mediaType } from "../../mcp-protocol/http/headers.ts";
import { opensStream } from "../../mcp-protocol/vocabulary/methods.ts";
import { sourceOf } from "../../domain/source.ts";
import type { McpHttpResponse } from "../contract/http-message.ts";
import type { Deadline } from "../deadline/deadline.ts";
import { rejectionText } from "../errors/error-response.ts";
import { Rejection } from "../errors/rejection.ts";
import { clientHeaders, STREAM_HEADERS } from "../response/client-headers.ts";
import { reportRefused } from "./context/reports.ts";
import { timeLimitsOf } from "./context/time-limits.ts";
import { relayDocument } from "./relaying/relay-document.ts";
import { relayResponseStream } from "./relaying/relay-response-stream.ts";
import { sessionForClient } from "./relaying/session-for-client.ts";
import { asBatch, failCalls } from "./responding/fail-calls.ts";
import { jsonResponse } from "./responding/responses.ts";
import { runExchange } from "./run-exchange.ts";
import type { Outgoing } from "./sending/outgoing.ts";

/** Sends requests and relays what comes of them: a document, a stream, or an error. */
export function forwardCalls(outgoing: Outgoing): Awaitable<McpHttpResponse> {
  const { context, calls, oneWay } = outgoing;
  const { streams, held } = context.parts;
  const subscribes = calls.some(({ method }) => opensStream(method));
  const release = subscribes ? streams.take(context.caller.principal) : () => {};
  if (release === null) {
    return tooManyStreams(outgoing);
  }
  const timeLimits = timeLimitsOf(context);

  /** A document comes whole, a stream as it is read or, where it is short, whole: the response is held until the client has taken it. */
  const relay = async (head: UpstreamResponse, deadline: Deadline): Promise<McpHttpResponse> => {
    for (const { permit } of oneWay) {
      permit.finish({ outcome: "ok" });
    }
    const naming = sessionForClient(outgoing, head);
    const sessionId = naming instanceof Promise ? await naming : naming;
    const hold = held.open(sourceOf(context.caller.principal));
    const { take, release: taken } = hold;
    try {
      if (mediaType(head.headers["content-type"]) !== "text/event-stream") {
        const text = await relayDocument(outgoing, head, (bytes) => take(bytes, deadline.signal));
        return { ...jsonResponse(200, text, clientHeaders(head, {}, sessionId)), taken };
      }
      if (subscribes) {
        deadline.keepOpen();
      }
      const body = await relayResponseStream(outgoing, head, {
        deadline,
        timeLimits,
        kind: subscribes ? "subscription" : "response",
        hold,
        closed: release,
      });
      return { status: 200, headers: clientHeaders(head, STREAM_HEADERS, sessionId), body, taken };
    } catch (error) {
      hold.release();
      throw error;
    }
  };

  return runExchange({
    context,
    calls,
    timeLimits,
    begin: (deadline) => endWhenCancelled(outgoing, deadline),
    send: (signal) => outgoing.send(signal),
    relay,
    refused(result, response) {
      settleAll(outgoing, result);
      return asBatch(outgoing, response);
    },
    failed: (failure, endedBy) => failCalls(outgoing, failure, endedBy),
    over: release,
  });
}

/** A call that its client has cancelled may end within a while; of a batch, other calls go on. */
function endWhenCancelled({ context, calls }: Outgoing, deadline: Deadline): void {
  const endIfCancelled = () => {
    if (calls.every(({ settled, cancelled }) => settled || cancelled)) {
      deadline.endWithin(context.parts.limits.cancelGraceMs, "cancellation");
    }
  };
  for (const call of calls) {
    call.onSign = deadline.touch;
    call.onCancel = endIfCancelled;
  }
  // They may have been cancelled while they were being decided about.
  endIfCancelled();
}

function settleAll({ calls, oneWay }: Outgoing, result: CallResult): void {
  for (const call of calls) {
    call.settle(result);
  }
  for (const { permit } of oneWay) {
    permit.finish(result);
  }
}

/** In band, so that the client learns it as the response to its subscription. */
function tooManyStreams(outgoing: Outgoing): McpHttpResponse {
  const { context, calls, refusals } = outgoing;
  const rejection = new Rejection("too_many_streams", "Too many streams are open; close one first.");
  reportRefused(context, rejection);
  const { code: errorCode, message } = rejection;
  settleAll(outgoing, { outcome: "protocol_error", errorCode, message });
  const texts = calls.map(({ id }) => rejectionText(id, rejection, context.caller));
  return asBatch(outgoing, jsonResponse(200, texts[0] ?? ""), [...refusals, ...texts]);
}
