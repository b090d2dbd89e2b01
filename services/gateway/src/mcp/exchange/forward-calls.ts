import type { UpstreamResponse } from "../../domain/upstream.ts";
import { rejectionText } from "../errors/error-response.ts";
import { Rejection } from "../errors/rejection.ts";
import { mediaType } from "../../mcp-protocol/http/headers.ts";
import type { McpHttpResponse } from "../contract/http-message.ts";
import { sourceOf } from "../../scheduling/source.ts";
import type { Hold } from "../response/held-bytes.ts";
import { clientHeaders, STREAM_HEADERS } from "../response/client-headers.ts";
import { relayAnswerStream } from "./relaying/relay-response-stream.ts";
import { jsonAnswer } from "./responding/responses.ts";
import { refuse } from "./authorization/authorize.ts";
import { relayDocument } from "./relaying/relay-document.ts";
import { asBatch, failCalls } from "./responding/fail-calls.ts";
import { holdBody } from "./hold-body.ts";
import { createLifeline } from "../deadline/deadline.ts";
import type { Outgoing } from "./sending/outgoing.ts";
import { patienceWith } from "./context/time-limits.ts";
import { relayRefusal } from "./responding/relay-refusal.ts";
import { sessionForClient } from "./relaying/session-for-client.ts";

/** Sends requests and relays what comes of them: a document, a stream, or an error. */
export async function forwardCalls(outgoing: Outgoing): Promise<McpHttpResponse> {
  const { conversation, calls } = outgoing;
  const { limits, streams, held } = conversation.parts;
  const subscribes = calls.some(({ method }) => method === "subscriptions/listen");
  const release = subscribes ? streams.take(conversation.caller.principal) : () => {};
  if (release === null) {
    return tooManyStreams(outgoing);
  }

  const patience = patienceWith(conversation);
  const lifeline = createLifeline(conversation.request.signal, patience);
  const endIfCancelled = () => {
    // Of a batch, other calls go on.
    if (calls.some(({ settled, cancelled }) => !settled && !cancelled)) {
      return;
    }
    lifeline.endWithin(limits.cancelGraceMs, "cancellation");
  };
  for (const call of calls) {
    call.onSign = lifeline.touch;
    call.onCancel = endIfCancelled;
  }
  // They may have been cancelled while they were being decided about.
  endIfCancelled();
  let streaming = false;
  let head: UpstreamResponse | null = null;
  let hold: Hold | null = null;
  try {
    head = await outgoing.send(lifeline.signal);
    holdBody(head, lifeline);
    if (head.status < 200 || head.status >= 300) {
      const { answer, result } = await relayRefusal(head, outgoing);
      for (const call of calls) {
        call.settle(result);
      }
      for (const { permit } of outgoing.notices) {
        permit.finish(result);
      }
      return asBatch(outgoing, answer);
    }
    for (const { permit } of outgoing.notices) {
      permit.finish({ outcome: "ok" });
    }
    const sessionId = sessionForClient(outgoing, head);
    hold = held.open(sourceOf(conversation.caller.principal));
    const { take, release: taken } = hold;
    if (mediaType(head.headers["content-type"]) !== "text/event-stream") {
      const text = await relayDocument(outgoing, head, (bytes) => take(bytes, lifeline.signal));
      return { ...jsonAnswer(200, text, clientHeaders(head, {}, sessionId)), taken };
    }
    streaming = true;
    if (subscribes) {
      lifeline.keepOpen();
    }
    const body = relayAnswerStream(outgoing, head, {
      lifeline,
      patience,
      kind: subscribes ? "subscription" : "answer",
      hold,
      closed: release,
    });
    return { status: 200, headers: clientHeaders(head, STREAM_HEADERS, sessionId), body, taken };
  } catch (error) {
    head?.body.destroy();
    hold?.release();
    return failCalls(outgoing, lifeline.endedBy, error);
  } finally {
    if (!streaming) {
      lifeline.close();
      release();
    }
  }
}

/** In band, so that the client learns it as the answer to its subscription. */
function tooManyStreams(outgoing: Outgoing): McpHttpResponse {
  const { conversation, calls, notices, refusals } = outgoing;
  const rejection = new Rejection("too_many_streams", "Too many streams are open; close one first.");
  refuse(conversation, rejection);
  const { code: errorCode, message } = rejection;
  const result = { outcome: "protocol_error", errorCode, message } as const;
  for (const call of calls) {
    call.settle(result);
  }
  for (const { permit } of notices) {
    permit.finish(result);
  }
  const texts = calls.map(({ id }) => rejectionText(id, rejection, conversation.caller));
  return asBatch(outgoing, jsonAnswer(200, texts[0] ?? ""), [...refusals, ...texts]);
}
